import Foundation
import Tensors
import TestSupport
import Testing

/// Damaged files are refused with a `SafetensorsError`, or open and stay in bounds.
///
/// `swift test --sanitize=address --filter SafetensorsFuzz` is the run that proves the bounds.
struct SafetensorsFuzzTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder("mutant.safetensors")
    }

    /// A valid file with several types, a scalar, an empty tensor and metadata, taken apart.
    private func original() throws -> (header: JSONValue, data: [UInt8]) {
        let writer = try SafetensorsWriter(
            path: path,
            entries: [
                .init(name: "a.weight", shape: [3, 4]),
                .init(name: "a.bias", scalarType: .float16, shape: [3]),
                .init(name: "b", scalarType: .int64, shape: [2]),
                .init(name: "flags", scalarType: .bool, shape: [5]),
                .init(name: "scalar", scalarType: .bfloat16, shape: []),
                .init(name: "void", scalarType: .float64, shape: [0, 7]),
            ],
            metadata: ["format": "pt"]
        )
        try writer.write(randomTensor([12], seed: 1).values, named: "a.weight")
        try writer.write([1, 2, 3], named: "a.bias")
        try writer.write(integers: [-1, .max], named: "b")
        try writer.write(integers: [0, 1, 1, 0, 1], named: "flags")
        try writer.write([0.5], named: "scalar")
        try writer.write([], named: "void")
        try writer.finish()
        let bytes = try SystemFile.read(path, limit: 1 << 20)
        let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        let header = Array(bytes[8..<8 + length])
        return (try JSONValue.parse(header), Array(bytes[(8 + length)...]))
    }

    private func file(_ header: [UInt8], _ data: [UInt8]) -> [UInt8] {
        let length = UInt64(header.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header + data
    }

    /// Opens the mutant and reads everything it offers.
    ///
    /// - Returns: Whether it was accepted.
    private func opens(_ bytes: [UInt8]) throws -> Bool {
        // Not atomically: thousands of syncs would take longer than the test.
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile.open(path)
        } catch {
            let sentence = error.description
            #expect(!sentence.contains("\n") && sentence.utf8.count < 2000)
            return false
        }
        var dataBytes = 0
        for name in file.names {
            let tensor = try #require(file.tensor(named: name))
            #expect(tensor.floats().count == tensor.shape.count)
            #expect(tensor.integers().count == tensor.shape.count)
            tensor.discard()
            dataBytes += tensor.shape.count * tensor.scalarType.byteCount
        }
        let headerBytes = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        #expect(8 + headerBytes + dataBytes == bytes.count, "some bytes belong to no tensor")
        return true
    }

    @Test(arguments: Mutations.seeds)
    func damagedBytes(seed: UInt64) throws {
        let (header, data) = try original()
        let whole = file(Array(header.serialized().utf8), data)
        #expect(try opens(whole))
        var mutations = Mutations(seed: seed)
        var accepted = 0
        for _ in 0..<1500 where try opens(mutations.mutated(whole)) { accepted += 1 }
        // Damage to the data alone cannot be seen; damage to the header nearly always is.
        #expect((1..<1500).contains(accepted), "\(accepted) of 1500 accepted")
    }

    @Test(arguments: Mutations.seeds)
    func damagedHeaderTextOfTheRightLength(seed: UInt64) throws {
        let (header, data) = try original()
        let text = Array(header.serialized().utf8)
        var mutations = Mutations(seed: seed)
        for _ in 0..<1500 { _ = try opens(file(mutations.mutated(text), data)) }
    }

    @Test(arguments: Mutations.seeds)
    func wellFormedHeadersThatSayOtherThings(seed: UInt64) throws {
        let (header, data) = try original()
        var mutations = Mutations(seed: seed)
        for _ in 0..<1500 {
            var mutant = header
            for _ in 0...mutations.below(3) { mutant = mutations.mutated(mutant) }
            _ = try opens(file(Array(mutant.serialized().utf8), data))
        }
    }

    @Test func everyTruncationIsRefused() throws {
        let (header, data) = try original()
        let whole = file(Array(header.serialized().utf8), data)
        for count in 0..<whole.count {
            #expect(try !opens(Array(whole.prefix(count))), "the first \(count) bytes")
        }
    }

    @Test func everyOtherHeaderLengthIsRefused() throws {
        let (header, data) = try original()
        let text = Array(header.serialized().utf8)
        var whole = file(text, data)
        for length in 0..<whole.count where length != text.count {
            whole[0] = UInt8(truncatingIfNeeded: length)
            whole[1] = UInt8(truncatingIfNeeded: length >> 8)
            #expect(try !opens(whole), "a header of \(length) bytes")
        }
    }
}

struct JSONFuzzTests {
    private static let document = Array(
        #"{"a":[1,-2.5e3,{"b\u00e9\ud83d\udc3b":null}],"c":"x\ny","d":{"e":[[],{}],"f":true}}"#.utf8
    )

    @Test(arguments: Mutations.seeds)
    func damagedTextIsRefusedOrMeansSomething(seed: UInt64) throws {
        var mutations = Mutations(seed: seed)
        for _ in 0..<3000 {
            let mutant = mutations.mutated(Self.document)
            let value: JSONValue
            do {
                value = try JSONValue.parse(mutant)
            } catch {
                #expect((0...mutant.count).contains(error.byteOffset))
                continue
            }
            #expect(try JSONValue.parse(Array(value.serialized().utf8)) == value)
        }
    }
}
