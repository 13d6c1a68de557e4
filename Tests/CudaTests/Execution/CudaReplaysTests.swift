import Cuda
import Models
import Tensors
import TestSupport
import Testing

/// Parts of networks that are captured and done again, on the emulated device.
@Suite(.enabled(if: EmulatedCuda.isAvailable, EmulatedCuda.reason))
struct CudaReplaysTests {
    /// A part of a network: y = SiLU(x W) + row, and twice that.
    private struct Part {
        let backend: CudaBackend
        let weights: LinearParameters
        let owner = ReplayOwner()

        init(_ backend: CudaBackend, gain: Float = 1) {
            self.backend = backend
            let weight = StoredTensor(name: "w", shape: [8, 8]) {
                (0..<64).map { gain * Float($0 % 5) / 8 }
            }
            weights = backend.prepareLinear([(weight, nil)], gated: false)
        }

        func callAsFunction(_ inputs: [Tensor], _ name: String = "a") -> [Tensor] {
            backend.replayed(ReplayKey(owner, name), inputs) { inputs in
                let y = inputs[0].linear(weights, activation: .silu).addRows(inputs[1], repeats: 1)
                return [y, y.scaled(by: 2)]
            }
        }

        func inputs(_ number: Int, rows: Int = 3) -> [Tensor] {
            [
                backend.upload(randomTensor([rows, 8], seed: UInt64(number))),
                backend.upload(randomTensor([1, 8], seed: UInt64(100 + number))),
            ]
        }

        func values(_ number: Int, rows: Int = 3, _ name: String = "a") throws -> [[Float]] {
            try self(inputs(number, rows: rows), name).map { try $0.download().values }
        }
    }

    @Test(arguments: [CudaPrecision.float32, .float16])
    func `a sampler's step that is replayed has the bits of one that is queued`(
        _ precision: CudaPrecision
    ) throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(precision)
        let (fixture, network) = try CudaNetworksTests.network("gen1", on: backend) {
            try Gen1UNet(try Gen1Config($0), $1)
        }
        let sample = CudaNetworksTests.channelsLast(try fixture("in.sample"))
        let structure = CudaNetworksTests.channelsLast(try fixture("in.structure"))
        let content = try fixture("in.content")
        let branches = [
            Gen1Clip.Branch(hasContent: false, mode: .image),
            Gen1Clip.Branch(hasContent: true, mode: .video),
        ]
        // Nothing is the same in two steps: latents, timestep, structure, level, content.
        func steps() throws -> [[UInt32]] {
            try [Float](arrayLiteral: 700, 20, 433).enumerated().flatMap { index, timestep in
                let gain = Float(index + 1)
                let clip = try network.prepare(
                    structure: backend.upload(structure).scaled(by: gain),
                    structureLevel: [gain],
                    content: backend.upload(content).scaled(by: gain)
                )
                return try network.evaluate(
                    backend.upload(sample).scaled(by: 1 / gain),
                    of: clip,
                    timesteps: [timestep],
                    branches: branches
                ).map { try $0.download().values.map(\.bitPattern) }
            }
        }
        backend.isReplaying = false
        let queued = try steps()
        #expect(backend.replayCount == 0 && Set(queued).count == 6)
        backend.isReplaying = true
        #expect(try steps() == queued)
        #expect(backend.replayCount == 2)
        #expect(backend.memory.activationBytes == 0)
    }

    @Test func `a replayed part is one call of the driver, and takes no memory`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float32)
        let part = Part(backend)
        backend.isReplaying = false
        let expected = try (0..<4).map { try part.values($0) }
        backend.isReplaying = true
        #expect(try part.values(0) == expected[0] && part.values(1) == expected[1])
        #expect(backend.replayCount == 1)
        emulated.clearLog()
        let found = part(part.inputs(2))
        let log = emulated.log
        #expect(log.count { $0 == "cuGraphLaunch" } == 1)
        #expect(!log.contains("cuLaunchKernel") && !log.contains("cuMemCreate"))
        #expect(Set(log).isDisjoint(with: ["cuStreamSynchronize", "cuEventSynchronize"]))
        // The results of a run outlast the next.
        #expect(try part.values(3) == expected[3])
        #expect(try found.map { try $0.download().values } == expected[2])
        #expect(backend.replayCount == 3)
    }

    @Test func `other shapes, names and weights are other graphs`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float32)
        let parts = [Part(backend), Part(backend, gain: 0.5)]
        func all() throws -> [[[Float]]] {
            try parts.flatMap { part in
                try [3, 5].flatMap { rows in
                    try ["a", "b"].map { try part.values(rows, rows: rows, $0) }
                }
            }
        }
        let first = try all()
        #expect(first[0] == first[1] && Set(first).count == 4)
        for round in 1...3 {
            #expect(try all() == first)
            #expect(backend.replayCount == 8 * round)
        }
    }

    @Test func `a network that is gone is not taken for the one in its place`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float32)
        var seen: Set<[[Float]]> = []
        for gain: Float in [1, 2, 3, 4] {
            let part = Part(backend, gain: gain)
            let first = try part.values(1)
            for _ in 0..<2 { #expect(try part.values(1) == first) }
            seen.insert(first)
        }
        #expect(seen.count == 4 && backend.replayCount == 8)
    }

    @Test func `there are a few graphs at most, and all are given back`() throws {
        let emulated = try EmulatedCuda()
        do {
            let backend = try emulated.backend(.float32)
            let part = Part(backend)
            let before = emulated.live
            for name in (0..<20).map(String.init) {
                for _ in 0..<3 { _ = try part.values(1, name) }
            }
            #expect(backend.replayCount == 40)
            // Eight graphs, and memory that was made and mapped.
            #expect(emulated.live == before + 8 + 2)
            backend.releaseUnusedMemory()
            try backend.synchronize()
            // What the weights were staged in went too.
            #expect(emulated.live == before - 2)
            let again = try part.values(1)
            for _ in 0..<2 { #expect(try part.values(1) == again) }
        }
        #expect(emulated.live == 0 && emulated.mappedBytes == 0)
    }

    @Test func `graphs make room for what needs it`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float32)
        let part = Part(backend)
        let expected = try part.values(1)
        for _ in 0..<2 { #expect(try part.values(1) == expected) }
        // Of weights, activations and graphs.
        #expect(emulated.mappedBytes == (192 << 20) + CudaTransfers.ringBytes)
        emulated.set("budget", (256 << 20) + CudaTransfers.ringBytes)
        // Three chunks, of which one is there and one fits.
        #expect(backend.allocate([47 << 20]).count == 47 << 20)
        try backend.synchronize()
        #expect(emulated.mappedBytes == (256 << 20) + CudaTransfers.ringBytes)
        let replays = backend.replayCount
        for _ in 0..<3 { #expect(try part.values(1) == expected) }
        #expect(backend.replayCount == replays + 2)
    }

    @Test func `where room for results costs the graph, its part is queued`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float32)
        let part = Part(backend)
        backend.releaseUnusedMemory()
        let inputs = part.inputs(1)
        let expected = try part(inputs).map { try $0.download() }
        #expect(try part(inputs).map { try $0.download() } == expected)
        // Graphs now have two chunks, of which this part needs one, and so have activations.
        _ = part(part.inputs(2, rows: 1 << 20))
        let ballast = backend.allocate([(128 << 20) / 4 - 128])
        #expect(emulated.mappedBytes == (320 << 20) + CudaTransfers.ringBytes)
        emulated.set("budget", emulated.mappedBytes)
        let before = backend.replayCount
        #expect(try part(inputs).map { try $0.download() } == expected)
        #expect(backend.replayCount == before)
        withExtendedLifetime(ballast) {}
    }

    @Test func `what a graph has no memory for is queued`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float32)
        let part = Part(backend)
        let expected = try part.values(1)
        emulated.set("calls", 0)
        emulated.clearLog()
        #expect(try part.values(1) == expected)
        let index = try #require(emulated.log.firstIndex(of: "cuGraphInstantiateWithFlags"))
        backend.releaseUnusedMemory()
        #expect(try part.values(1) == expected)
        let before = backend.replayCount
        emulated.set("fail_with", 2)
        emulated.set("calls", 0)
        emulated.set("fail_at", index)
        #expect(try part.values(1) == expected && backend.replayCount == before)
        #expect(try part.values(1) == expected && backend.replayCount == before + 1)
    }

    /// Each call of the driver fails once, from the first run of a part to the third.
    @Test func `any call of a replay may fail, and everything is given back`() throws {
        let emulated = try EmulatedCuda()
        func run(failingAt index: Int) throws -> [String] {
            let backend = try emulated.backend()
            let part = Part(backend)
            try backend.synchronize()
            emulated.set("calls", 0)
            emulated.clearLog()
            emulated.set("fail_at", index)
            for number in 0..<3 { _ = try part.values(number) }
            return withExtendedLifetime(part) { emulated.log }
        }
        emulated.set("runs_kernels", 0)
        let names = try run(failingAt: -1)
        #expect(emulated.live == 0)
        #expect(Set(names).isSuperset(of: ["cuStreamEndCapture", "cuGraphLaunch"]))
        // The graph's template is not needed any more.
        for index in names.indices where names[index] != "cuGraphDestroy" {
            #expect(throws: BackendError.self, "\(names[index]), call \(index)") {
                _ = try run(failingAt: index)
            }
            emulated.set("fail_at", -1)
            #expect(emulated.live == 0, "after \(names[index]), call \(index)")
        }
    }

    @Test func `a part that throws leaves nothing behind`() throws {
        struct Refusal: Error {}
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float32)
        let part = Part(backend)
        let key = ReplayKey(part.owner, "thrower")
        let x = backend.upload(randomTensor([3, 8], seed: 1))
        for _ in 0..<3 {
            #expect(throws: Refusal.self) {
                try backend.replayed(key, [x]) { inputs throws(Refusal) in
                    _ = inputs[0].linear(part.weights)
                    throw Refusal()
                }
            }
        }
        #expect(try part.values(1) == part.values(1))
        #expect(try x.download() == randomTensor([3, 8], seed: 1))
    }

    /// What cannot be done again, and what would be another thing the next time.
    enum Misuse: String, CaseIterable, Codable {
        case upload, indices, download, wait, parameters, foreignInput, foreignOutput

        var words: String {
            switch self {
            case .upload, .indices: "an upload inside"
            case .download: "a download inside"
            case .wait: "waiting inside"
            case .parameters: "preparing parameters inside"
            case .foreignInput: "a tensor that is not among the inputs inside"
            case .foreignOutput: "returns a tensor that it did not make"
            }
        }

        func callAsFunction(_ x: Tensor, _ other: Tensor) -> Tensor {
            let backend = x.backend
            switch self {
            case .upload: return backend.upload(HostTensor([1], [1]))
            case .indices: return backend.gather(x, [1, 0])
            case .download: _ = try? x.download()
            case .wait: try? backend.synchronize()
            case .parameters:
                let ones = StoredTensor(name: "w", shape: [8, 8]) {
                    [Float](repeating: 1, count: 64)
                }
                return x.linear(backend.prepareLinear([(ones, nil)], gated: false))
            case .foreignInput: return x + other
            case .foreignOutput: return other
            }
            return x
        }

        func commit() throws {
            let emulated = try EmulatedCuda()
            let backend = try emulated.backend(.float32)
            let inputs = [1, 2].map { backend.upload(randomTensor([2, 8], seed: $0)) }
            let owner = ReplayOwner()
            let results = backend.replayed(ReplayKey(owner, "a"), [inputs[0]]) {
                [self($0[0], inputs[1])]
            }
            _ = try results[0].download()
        }
    }

    @Test(arguments: Misuse.allCases)
    func `what a part must not do is refused the first time`(_ misuse: Misuse) async throws {
        #if DEBUG
        await #expect(processExitsWith: .failure) { [misuse] in try misuse.commit() }
        #else
        let error = #expect(throws: BackendError.self) { try misuse.commit() }
        #expect(error?.description.contains(misuse.words) == true, "\(String(describing: error))")
        #endif
    }

    #if !DEBUG
    @Test func `a part that keeps a tensor is refused, for it would change`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float32)
        let x = backend.upload(randomTensor([2, 8], seed: 1))
        let owner = ReplayOwner()
        var kept: [Tensor] = []
        let results = backend.replayed(ReplayKey(owner, "a"), [x]) { inputs in
            kept = [inputs[0].activate(.silu)]
            return [inputs[0] + kept[0]]
        }
        let error = #expect(throws: BackendError.self) { try results[0].download() }
        #expect(error?.description.contains("keeps tensors") == true)
        withExtendedLifetime(kept) {}
    }
    #endif
}
