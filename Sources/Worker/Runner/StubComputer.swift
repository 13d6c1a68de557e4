import Foundation
import Pipelines
import Scheduling
import Tensors
import WireProtocol

/// Stands for the networks where the farm itself is tried or measured: waits for each sampler step
/// and makes results by arithmetic on its inputs, so that they still tell windows and steps apart.
///
/// Written `stub:50ms`, or `stub:50ms,fail=sample/3,crash=depth/0,hang=decode/1`: units that fail,
/// end the process, or never end, by kind and index.
package struct StubComputer: UnitComputer, Hashable, Sendable {
    /// What goes wrong with a unit.
    package enum Fault: String, CaseIterable, Hashable, Sendable {
        case fail
        case crash
        case hang
    }

    /// Of a sampler step.
    package let pause: Duration
    /// By kind and index, such as `sample/3`.
    package let faults: [String: Fault]

    package var deviceClass: String { "stub" }

    /// Reads a description; nil if it is none of a stub.
    package init?(_ text: String) {
        guard text.hasPrefix("stub:") else { return nil }
        let parts = text.dropFirst(5).split(separator: ",", omittingEmptySubsequences: false)
        guard let first = parts.first, first.hasSuffix("ms"),
            let milliseconds = Int(first.dropLast(2)), (0...3_600_000).contains(milliseconds)
        else { return nil }
        var faults: [String: Fault] = [:]
        for part in parts.dropFirst() {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, let fault = Fault(rawValue: String(sides[0])) else {
                return nil
            }
            faults[String(sides[1])] = fault
        }
        pause = .milliseconds(milliseconds)
        self.faults = faults
    }

    package func compute(_ order: RunnerOrder, progress: @escaping RunnerProgress) throws {
        let unit = order.lease.unit.unit
        try progress(.running, 0)
        switch faults["\(unit.kind.rawValue)/\(unit.index)"] {
        case .fail: throw UnitComputerError(.unit, "\(unit): the stub was told to fail it")
        case .crash: fatalError("\(unit): the stub was told to crash")
        case .hang: Thread.sleep(forTimeInterval: .infinity)
        case nil: break
        }
        switch unit.kind {
        case .content: try order.write(HostTensor(repeating: 0.5, Shape(order.result.shape)))
        case .depth: try order.write(depth(order))
        case .sample: try order.write(latents(order, progress))
        case .decode: try order.write(pictures(order))
        }
    }

    /// Brightness.
    private func depth(_ order: RunnerOrder) throws -> HostTensor {
        let pictures = try order.pictures("frames")
        let values = stride(from: 0, to: pictures.bytes.count, by: 3).map {
            Float(pictures.bytes[$0]) / 255
        }
        return HostTensor(values, Shape([pictures.count, pictures.height, pictures.width]))
    }

    /// A step halves what was there and adds a share that depends on frame and step.
    ///
    /// The window adds a little, so that overlaps disagree.
    private func latents(_ order: RunnerOrder, _ progress: RunnerProgress) throws -> HostTensor {
        let shape = Shape(order.result.shape)
        var latents = try order.tensorIfPresent("latents") ?? HostTensor(repeating: 1, shape)
        guard latents.shape == shape else {
            throw UnitComputerError(.infrastructure, "latents: found \(latents.shape)")
        }
        let frameSize = shape.count / max(1, shape[0])
        for (done, step) in order.order.steps.enumerated() {
            try progress(.running, done)
            let (seconds, attoseconds) = pause.components
            Thread.sleep(forTimeInterval: Double(seconds) + Double(attoseconds) * 1e-18)
            for (index, frame) in order.order.frames.enumerated() {
                let share = Float((frame * 31 + step * 7) % 64) / 64
                let own = Float(order.order.frames.lowerBound % 16) / 1024
                for element in index * frameSize..<(index + 1) * frameSize {
                    latents.values[element] = latents.values[element] / 2 + share + own
                }
            }
        }
        return latents
    }

    /// The first channel as grey, each latent a block of pixels.
    private func pictures(_ order: RunnerOrder) throws -> Pictures {
        let latents = try order.tensor("latents")
        let (shape, size) = (latents.shape, order.result.shape)
        guard size.count == 4, shape.rank == 4, shape[1] > 0, shape[2] > 0 else {
            throw UnitComputerError(.infrastructure, "latents: found \(shape)")
        }
        let (height, width) = (size[1], size[2])
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size.reduce(1, *))
        for frame in 0..<shape[0] {
            for y in 0..<height {
                for x in 0..<width {
                    let row = frame * shape[1] + min(y * shape[1] / height, shape[1] - 1)
                    let place = row * shape[2] + min(x * shape[2] / width, shape[2] - 1)
                    let value = min(max(latents.values[place * shape[3]] * 100, 0), 255)
                    bytes += [UInt8(value), UInt8(value), UInt8(value)]
                }
            }
        }
        return Pictures(count: shape[0], height: height, width: width, bytes: bytes)
    }
}
