import ArgumentParser
import Cuda
import FFmpeg
import Models
import Pipelines
import ShippedModel
import Tensors
import WireProtocol
import Worker
import ZeroMQ

/// `weft doctor`: what this program is linked with and what this machine offers it.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tell what weft is linked with and what this machine offers it.",
        discussion: """
            Paste the output into a report of a problem. With --conformance every operation is run \
            on the chosen device and compared with plain loops in float64 instead, and so is every \
            derivative; the status is 1 if one is beyond its bound.
            """
    )

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    @Flag(help: "Judge the operations of the device instead.")
    var conformance = false

    @OptionGroup var compute: ComputeOptions

    func run() async throws {
        if conformance { return try judge() }
        let report = DoctorReport(
            machine: try DeviceInventory.read(),
            cuda: CudaPlatform.inventory(.system),
            model: ShippedModelReport()
        )
        print(json ? report.json.serialized(isIndented: true) : report.text)
    }

    private func judge() throws {
        let device = try compute.makeDevice()
        let text = ConformanceText(
            device: device.backend.summary,
            operations: try ConformanceReport(of: device.backend, device.terms),
            gradients: try ConformanceReport(ofGradientsOn: device.backend, device.terms)
        )
        print(json ? text.json.serialized(isIndented: true) : text.text)
        if !text.isPassed { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}

/// What `weft doctor` says, as values.
struct DoctorReport {
    let machine: DeviceInventory
    let cuda: CudaInventory
    let model: ShippedModelReport
    let cpu = CPUConfiguration()
    let libraries: [(name: String, version: String)] = [
        ("libavcodec", avcodecVersionText()), ("libprotobuf-c", protobufVersionText()),
        ("libzmq", zeroMQVersion()), ("openblas", openBLASSummary()),
    ]

    var json: JSONValue {
        let versions = libraries.map { ($0.name, JSONValue.string($0.version)) }
        return .object([
            "version": .string(weftVersion),
            "protocol": .string(ProtocolVersion.current.description),
            "libraries": .object(Dictionary(uniqueKeysWithValues: versions)),
            "processor": .object([
                "name": .string(machine.processorName),
                "cores": .integer(machine.cores),
                "threads": .integer(machine.logicalProcessors),
                "instruction_sets": .array(machine.instructionSets.map { .string($0.rawValue) }),
            ]),
            "kernels": .object([
                "available": .array(KernelVersion.available.map { .string($0.rawValue) }),
                "chosen": .string(cpu.kernels.rawValue),
                "products": .string(cpu.products.rawValue),
                "threads": .integer(cpu.threads),
            ]),
            "memory": .object([
                "bytes": .integer(machine.memoryBytes),
                "available_bytes": .integer(machine.availableMemoryBytes),
                "limit_bytes": machine.memoryLimitBytes.map { .integer($0) } ?? .null,
            ]),
            "model": model.json,
            "cuda": cuda.json,
        ])
    }

    var text: String {
        var lines = ["weft \(weftVersion), protocol \(ProtocolVersion.current)"]
        lines += libraries.map { "\($0.name) \($0.version)" }
        let name = machine.processorName.isEmpty ? "unnamed" : machine.processorName
        lines += [
            "processor: \(name), \(machine.cores) cores, \(machine.logicalProcessors) threads",
            "instruction sets: "
                + machine.instructionSets.map(\.rawValue).joined(separator: " "),
            "kernels: \(cpu.kernels.rawValue) on \(cpu.threads) threads, products by "
                + "\(cpu.products.rawValue); available: "
                + KernelVersion.available.map(\.rawValue).joined(separator: " "),
            "memory: \(gibibytes(machine.memoryBytes)), "
                + "\(gibibytes(machine.availableMemoryBytes)) available"
                + (machine.memoryLimitBytes.map { ", limited to \(gibibytes($0))" } ?? ""),
        ]
        return (lines + cuda.lines + ["model: \(model.text)"]).joined(separator: "\n")
    }
}

/// With one decimal, in integers.
private func gibibytes(_ bytes: Int) -> String {
    let tenths = (bytes * 10) >> 30
    return "\(tenths / 10).\(tenths % 10) GiB"
}

extension CudaInventory {
    fileprivate var lines: [String] {
        func library(_ name: String, _ library: Library?) -> [String] {
            library.map { ["cuda \(name): \($0.version), \($0.path)"] } ?? []
        }
        return library("driver", driver) + library("compiler", compiler)
            + devices.map { device in
                "cuda:\(device.index): \(device.name), \(device.identifier), compute capability "
                    + "\(device.capabilityText), \(gibibytes(device.memoryBytes))"
                    + (device.refusal.map { "; refused: \($0)" } ?? "")
            } + (productsText.map { ["cuda products: \($0)"] } ?? [])
            + (refusal.map { ["cuda: not usable: \($0)"] } ?? [])
    }

    fileprivate var json: JSONValue {
        func library(_ library: Library?) -> JSONValue {
            guard let library else { return .null }
            return .object([
                "path": .string(library.path), "version": .string(library.version),
            ])
        }
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        return .object([
            "driver": library(driver),
            "compiler": library(compiler),
            "products": library(products),
            "products_refusal": text(productsRefusal),
            "refusal": text(refusal),
            "devices": .array(
                devices.map { device in
                    .object([
                        "index": .integer(device.index),
                        "name": .string(device.name),
                        "identifier": .string(device.identifier),
                        "compute_capability": .string(device.capabilityText),
                        "memory_bytes": .integer(device.memoryBytes),
                        "multiprocessors": .integer(device.multiprocessors),
                        "refusal": text(device.refusal),
                    ])
                }
            ),
        ])
    }
}

/// Where the model is that comes with weft, and whether it can be used.
struct ShippedModelReport {
    /// Nil if it is nowhere.
    let folder: String?
    /// What is wrong, in one sentence.
    let problem: String?

    init() {
        do {
            folder = try ShippedModel.folder()
        } catch {
            folder = nil
            problem = "\(error)"
            return
        }
        problem = folder.flatMap(Self.problem)
    }

    private static func problem(of folder: String) -> String? {
        do {
            let model = try CheckpointFolder.open(folder)
            _ = try SamplingDefaults(model)
            for check in model.check() {
                if case .failed(let error) = check.outcome { throw error }
            }
            _ = try ModelFacts(model)
            return nil
        } catch {
            return "\(error)"
        }
    }

    var text: String {
        guard let folder else { return problem ?? "" }
        return "\(ShippedModel.name) at \(folder), " + (problem.map { "damaged: \($0)" } ?? "sound")
    }

    var json: JSONValue {
        .object([
            "name": .string(ShippedModel.name),
            "path": folder.map { .string($0) } ?? .null,
            "problem": problem.map { .string($0) } ?? .null,
        ])
    }
}
