import Models
import NN
import Tensors
import TestSupport
import Testing

struct ModelPackerTests {
    /// A tiny model in `folder`, opened.
    private func model(_ folder: TemporaryFolder) throws -> CheckpointFolder {
        _ = try FreshModel(.tiny, seed: 5).write(to: folder("model"))
        return try CheckpointFolder.open(folder("model"))
    }

    @Test func `every weight is the nearest half and every other file the same`() throws {
        let folder = try TemporaryFolder()
        let source = try model(folder)
        _ = try folder.write("state", to: "model/training.safetensors")
        _ = try folder.write("{}", to: "model/unet/more.json")
        _ = try folder.write("about it", to: "model/README.md")
        let parts = try ModelPacker(source).write(to: folder("packed/")) { _ in }
        let copy = try CheckpointFolder.open(folder("packed"))
        #expect(
            try SystemFile.names(in: folder("packed"))
                == (["README.md", "model_index.json"] + source.components.map(\.name)).sorted()
        )
        #expect(copy.index.values == source.index.values)
        #expect(parts.map(\.name) == source.components.map(\.name))
        for (old, new) in zip(source.components, copy.components) {
            for name in try SystemFile.names(in: old.path) where !name.hasSuffix(".safetensors") {
                #expect(
                    try SystemFile.read("\(old.path)/\(name)", limit: 1 << 20)
                        == SystemFile.read("\(new.path)/\(name)", limit: 1 << 20)
                )
            }
            guard try old.kind().hasWeights else { continue }
            let (weights, halves) = (try old.tensors(), try new.tensors())
            #expect(weights.names == halves.names)
            for name in weights.names {
                let tensor = try #require(halves.tensor(named: name))
                #expect(tensor.scalarType == .float16)
                let expected = try #require(weights.tensor(named: name)).floats().map(Float16.init)
                #expect(tensor.floats() == expected.map(Float.init))
            }
        }
        // Rounding to 11 bits leaves a relative error of at most 2^-11, a third of that in power.
        for part in parts where part.tensorCount > 0 {
            #expect(part.error > 0 && part.error < 1e-7, "\(part.name): \(part.error)")
            #expect(part.byteCount < 2 * part.parameterCount + 200 * part.tensorCount)
        }
    }

    @Test func `networks compute what they did, to the precision of halves`() throws {
        let folder = try TemporaryFolder()
        let source = try model(folder)
        _ = try ModelPacker(source).write(to: folder("packed")) { _ in }
        let copy = try CheckpointFolder.open(folder("packed"))
        let backend = KernelVersion.best.backend()
        func values(_ count: Int) -> [Float] { (0..<count).map { Float($0 * 7 % 251) / 125 - 1 } }
        let picture = HostTensor(values(64 * 64 * 3), [1, 64, 64, 3])
        let latents = HostTensor(values(8 * 8 * 4), [1, 8, 8, 4])
        func depth(_ model: CheckpointFolder) throws -> HostTensor {
            let network = try model.component("depth_estimator").load(on: backend) {
                try DepthEstimator(DPTConfig($0), $1)
            }
            return try network(backend.upload(picture)).download()
        }
        func decoded(_ model: CheckpointFolder) throws -> HostTensor {
            let vae = try model.component("vae").load(on: backend) { config, weights in
                let config = try AutoencoderConfig(config)
                return (
                    try AutoencoderEncoder(config, weights), try AutoencoderDecoder(config, weights)
                )
            }
            return try vae.1(backend.upload(latents)).download()
        }
        for network in [depth, decoded] {
            let (before, after) = (try network(source), try network(copy))
            #expect(before.values != after.values)
            #expect(nmse(after, before) < 1e-5)
        }
    }

    @Test func `what was packed packs to the same bytes again`() throws {
        let folder = try TemporaryFolder()
        _ = try ModelPacker(try model(folder)).write(to: folder("a")) { _ in }
        let parts = try ModelPacker(.open(folder("a"))).write(to: folder("b")) { _ in }
        #expect(parts.allSatisfy { $0.error == 0 })
        for component in try CheckpointFolder.open(folder("a")).components {
            for name in try SystemFile.names(in: component.path) {
                #expect(
                    try SystemFile.read("\(component.path)/\(name)", limit: 1 << 24)
                        == SystemFile.read(folder("b/\(component.name)/\(name)"), limit: 1 << 24)
                )
            }
        }
    }

    @Test func `stored precision keeps every bit of every type`() throws {
        let folder = try TemporaryFolder()
        let source = try model(folder)
        // More than one piece of a copy, in patterns that no rounding to float32 keeps.
        let path = folder("model/vae/diffusion_pytorch_model.safetensors")
        let entries = ScalarType.allCases.map {
            SafetensorsWriter.Entry(name: "of.\($0.rawValue)", scalarType: $0, shape: [3, 50_001])
        }
        let writer = try SafetensorsWriter(path: path, entries: entries)
        for entry in entries {
            let count = entry.shape.count * entry.scalarType.byteCount
            try writer.append((0..<count).map { UInt8($0 * 37 % 61) }, to: entry.name)
        }
        try writer.finish()
        var packer = ModelPacker(source)
        packer.precision = .stored
        let parts = try packer.write(to: folder("copy")) { _ in }
        #expect(parts.allSatisfy { $0.error == 0 })
        #expect(parts.first { $0.name == "vae" }?.parameterCount == 4 * 150_003)
        let copy = try CheckpointFolder.open(folder("copy"))
        for (old, new) in zip(source.components, copy.components)
        where try old.kind().hasWeights {
            let (weights, copies) = (try old.tensors(), try new.tensors())
            #expect(weights.names == copies.names)
            for name in weights.names {
                let tensor = try #require(weights.tensor(named: name))
                let same = try #require(copies.tensor(named: name))
                #expect(same.scalarType == tensor.scalarType && same.shape == tensor.shape)
                let bytes = 0..<tensor.shape.count * tensor.scalarType.byteCount
                #expect(same.bytes(in: bytes) == tensor.bytes(in: bytes))
            }
        }
    }

    @Test func `the index takes what is added and forgets what stays behind`() throws {
        let folder = try TemporaryFolder()
        _ = try model(folder)
        let path = folder("model/model_index.json")
        let index = try ConfigObject(file: path).values
        let other = JSONValue.array([.string("diffusers"), .string("SafetyChecker")])
        let text = JSONValue.object(index.merging(["checker": other]) { $1 }).serialized()
        _ = try folder.write(text, to: "model/model_index.json")
        var packer = ModelPacker(try .open(folder("model")))
        packer.additions["_weft_defaults"] = .object(["steps": .integer(25)])
        _ = try packer.write(to: folder("packed")) { _ in }
        var expected = index
        expected["_weft_defaults"] = .object(["steps": .integer(25)])
        #expect(try CheckpointFolder.open(folder("packed")).index.values == expected)
    }

    @Test(arguments: [
        (Float(70_000), "must fit half precision, but element 2 is 70000.0"),
        (-.infinity, "must be finite, but element 2 is -inf"),
        (.nan, "must be finite, but element 2 is nan"),
    ])
    func `a value that no half holds is refused and nothing is left`(
        _ value: Float,
        _ words: String
    ) throws {
        let folder = try TemporaryFolder()
        let source = try model(folder)
        let path = folder("model/vae/diffusion_pytorch_model.safetensors")
        var tensors = try SmallComponent.tensors(path)
        tensors["decoder.conv_out.weight"]?.values[2] = value
        try SafetensorsFile.write(tensors, to: path)
        let error = #expect(throws: CheckpointError.self) {
            try ModelPacker(source).write(to: folder("packed")) { _ in }
        }
        #expect(error?.description.contains(words) == true)
        #expect(error?.description.contains("decoder.conv_out.weight") == true)
        #expect(try SystemFile.names(in: folder.path) == ["model"])
    }

    @Test func `a copy that does not pass, or has no room, leaves all as it was`() throws {
        struct Bad: Error {}
        let folder = try TemporaryFolder()
        let source = try model(folder)
        #expect(throws: Bad.self) {
            try ModelPacker(source).write(to: folder("packed")) { _ in throw Bad() }
        }
        #expect(throws: CheckpointError(.alreadyThere, path: folder("model"))) {
            try ModelPacker(source).write(to: folder("model")) { _ in }
        }
        #expect(throws: (any Error).self) {
            try ModelPacker(source).write(to: folder("no/packed")) { _ in }
        }
        #expect(try SystemFile.names(in: folder.path) == ["model"])
    }
}
