import Tensors
import TestSupport
import Testing

struct SafetensorsFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// The bytes of a file with this header text and data.
    private func file(_ header: String, data: Int = 0) -> [UInt8] {
        let length = UInt64(header.utf8.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
            + [UInt8](repeating: 0, count: data)
    }

    private func entry(_ type: String, _ shape: String, _ offsets: String) -> String {
        #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    private func code(of bytes: [UInt8]) throws -> SafetensorsError.Code? {
        let path = try folder.write(bytes, to: "bad.safetensors")
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile.open(path) }
        let sentence = try #require(error?.description)
        #expect(sentence.contains("bad.safetensors"))
        #expect(!sentence.contains("\n"))
        return error?.code
    }

    @Test func roundTripKeepsNamesShapesValuesAndMetadata() throws {
        let tensors = [
            "b.weight": randomTensor([3, 5], seed: 1), "a": randomTensor([], seed: 2),
            "empty": HostTensor([], [0, 4]), "c.\"odd\"\n": randomTensor([7], seed: 3),
        ]
        let path = folder("x.safetensors")
        try SafetensorsFile.write(
            tensors,
            integers: ["ids": ([1, -2, .max], [3])],
            metadata: ["format": "pt"],
            to: path
        )
        let file = try SafetensorsFile.open(path)
        #expect(file.names == (tensors.keys + ["ids"]).sorted())
        #expect(file.metadata == ["format": "pt"])
        for (name, tensor) in tensors {
            #expect(file.tensor(named: name)?.hostTensor() == tensor)
        }
        #expect(file.tensor(named: "ids")?.integers() == [1, -2, .max])
        #expect(file.tensor(named: "ids")?.scalarType == .int64)
        #expect(file.tensor(named: "none") == nil)
    }

    @Test(arguments: [ScalarType.float64, .float32, .float16, .bfloat16])
    func everyFloatingTypeRoundsToItsPrecision(_ type: ScalarType) throws {
        let tensor = randomTensor([1000], seed: 4)
        let path = folder("x.safetensors")
        try SafetensorsFile.write(["x": tensor], as: type, to: path)
        let stored = try #require(try SafetensorsFile.open(path).tensor(named: "x"))
        #expect(stored.scalarType == type)
        let steps: [ScalarType: Float] = [.float16: 0x1p-11, .bfloat16: 0x1p-8]
        for (found, expected) in zip(stored.floats(), tensor.values) {
            #expect(abs(found - expected) <= abs(expected) * steps[type, default: 0] + 1e-7)
        }
    }

    @Test func integersOfEveryWidthAreRead() throws {
        let types: [ScalarType] = [.int64, .int32, .int16, .int8, .uint8, .bool]
        let path = folder("x.safetensors")
        let writer = try SafetensorsWriter(
            path: path,
            entries: types.map { .init(name: $0.rawValue, scalarType: $0, shape: [2]) }
        )
        for type in types.reversed() {
            try writer.write(integers: [0, 1], named: type.rawValue)
        }
        try writer.finish()
        let file = try SafetensorsFile.open(path)
        for type in types {
            let tensor = try #require(file.tensor(named: type.rawValue))
            #expect(tensor.integers() == [0, 1])
            #expect(tensor.floats() == [0, 1])
        }
    }

    @Test func floatsOutsideTheIntegersAreClamped() throws {
        let path = folder("x.safetensors")
        let values: [Float] = [.nan, .infinity, -.infinity, 1e30, -2.9]
        try SafetensorsFile.write(["x": HostTensor(values, [5])], to: path)
        let stored = try SafetensorsFile.open(path).tensor(named: "x")
        #expect(stored?.integers() == [0, .max, .min, .max, -2])
    }

    @Test func aFileWithoutTensorsIsFine() throws {
        let path = try folder.write(file("{}"), to: "x.safetensors")
        #expect(try SafetensorsFile.open(path).names.isEmpty)
    }

    @Test func `bytes appended in pieces are the tensor, and are read in pieces`() throws {
        let folder = try TemporaryFolder()
        let shape = Shape([3, 5])
        let writer = try SafetensorsWriter(
            path: folder("pieces"),
            entries: [
                .init(name: "frames", scalarType: .uint8, shape: shape),
                .init(name: "empty", shape: Shape([0, 4])),
            ]
        )
        let bytes = (0..<15).map { UInt8($0 * 17) }
        for start in stride(from: 0, to: 15, by: 4) {
            try writer.append(Array(bytes[start..<min(start + 4, 15)]), to: "frames")
        }
        try writer.finish(isDurable: false)
        let file = try SafetensorsFile.open(folder("pieces"))
        let tensor = try #require(file.tensor(named: "frames"))
        #expect(tensor.shape == shape && tensor.scalarType == .uint8)
        #expect(tensor.bytes(in: 0..<15) == bytes)
        #expect(tensor.bytes(in: 4..<9) == Array(bytes[4..<9]))
        #expect(file.tensor(named: "empty")?.bytes(in: 0..<0) == [])
        #expect(StoredTensor(name: "made", shape: [1]) { [1] }.bytes(in: 0..<4) == nil)
    }

    @Test func discardedBytesStayReadable() throws {
        let tensor = randomTensor([100_000], seed: 5)
        let path = folder("x.safetensors")
        try SafetensorsFile.write(["x": tensor], to: path)
        let stored = try #require(try SafetensorsFile.open(path).tensor(named: "x"))
        _ = stored.floats()
        stored.discard()
        #expect(stored.hostTensor() == tensor)
    }

    @Test func refusesMissingFilesAndFolders() throws {
        let missing = folder("none.safetensors")
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile.open(missing) }
        #expect(error?.description == "cannot open \(missing): No such file or directory")
        #expect(throws: SafetensorsError.self) { try SafetensorsFile.open(folder.path) }
    }

    @Test func refusesBadLengths() throws {
        #expect(try code(of: []) == .tooShort(byteCount: 0))
        #expect(try code(of: [1, 2, 3, 4, 5, 6, 7]) == .tooShort(byteCount: 7))
        let huge = [UInt8](repeating: 0xFF, count: 16)
        #expect(try code(of: huge) == .headerTooLong(length: .max, limit: 100_000_000))
        let long: [UInt8] = [1, 0xE1, 0xF5, 5, 0, 0, 0, 0, 0x7B]
        #expect(try code(of: long) == .headerTooLong(length: 100_000_001, limit: 100_000_000))
        #expect(
            try code(of: [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D])
                == .headerPastEnd(length: 3, byteCount: 10)
        )
    }

    @Test func refusesHeadersThatAreNoObject() throws {
        #expect(try code(of: file("")) == .headerNotObject)
        #expect(try code(of: file("[]")) == .headerNotObject)
        #expect(try code(of: file(" {}")) == .headerNotObject)
        for text in ["{", "{}x", #"{"a":1,"a":2}"#] {
            guard case .header? = try code(of: file(text)) else {
                Issue.record("\(text) is refused for another reason")
                continue
            }
        }
        guard case .header? = try code(of: [4, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22, 0xFF, 0x22]) else {
            Issue.record("bad UTF-8 is refused for another reason")
            return
        }
    }

    @Test func refusesDuplicateTensors() throws {
        let one = entry("F32", "[1]", "[0,4]")
        guard case .header(let error)? = try code(of: file("{\"a\":\(one),\"a\":\(one)}", data: 4))
        else {
            Issue.record("refused for another reason")
            return
        }
        #expect(error.reason == #"the key "a" is there twice"#)
    }

    @Test(arguments: [
        (#"{"a":1}"#, 0), (#"{"a":{}}"#, 0),
        (#"{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":4}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.0]}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,"4"]}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":0}}"#, 4),
    ])
    func refusesWrongTypes(_ header: String, _ data: Int) throws {
        guard case .entry? = try code(of: file(header, data: data)) else {
            Issue.record("\(header) is refused for another reason")
            return
        }
    }

    @Test(arguments: [#"{"__metadata__":1}"#, #"{"__metadata__":{"a":1}}"#])
    func refusesWrongMetadata(_ header: String) throws {
        #expect(try code(of: file(header)) == .metadata)
    }

    @Test(arguments: ["F8_E4M3", "F8_E5M2", "U16", "f32", "", "C64"])
    func refusesOtherScalarTypesByName(_ type: String) throws {
        let header = "{\"a\":\(entry(type, "[1]", "[0,1]"))}"
        #expect(try code(of: file(header, data: 1)) == .scalarType(found: type))
    }

    @Test(arguments: [
        ("[-1]", "[0,4]", 4, SafetensorsError.Code.shape), ("[1.0]", "[0,4]", 4, .shape),
        ("[\"1\"]", "[0,4]", 4, .shape), ("[null]", "[0,4]", 4, .shape),
        ("[4611686018427387904,4]", "[0,4]", 4, .shapeOverflow),
        ("[0,4611686018427387904,4]", "[0,0]", 0, .shapeOverflow),
        ("[9223372036854775808]", "[0,4]", 4, .shape),
        ("[1]", "[4,0]", 4, .offsetsReversed(begin: 4, end: 0)),
        ("[1]", "[-4,0]", 4, .offsetsReversed(begin: -4, end: 0)),
        ("[2]", "[0,8]", 4, .pastEnd(end: 8, dataBytes: 4)),
        (
            "[1]", "[9223372036854775803,9223372036854775807]", 4,
            .pastEnd(end: .max, dataBytes: 4)
        ),
        ("[2]", "[0,4]", 4, .wrongByteCount(expected: 8, found: 4)),
        ("[0]", "[0,4]", 4, .wrongByteCount(expected: 0, found: 4)),
        ("[1]", "[4,8]", 8, .hole(begin: 0, end: 4)),
        ("[1]", "[0,4]", 5, .trailingBytes(count: 1)),
    ])
    func refusesWrongExtents(
        _ shape: String,
        _ offsets: String,
        _ data: Int,
        _ expected: SafetensorsError.Code
    ) throws {
        let header = "{\"a\":\(entry("F32", shape, offsets))}"
        #expect(try code(of: file(header, data: data)) == expected)
    }

    @Test(arguments: [
        ("[0,8]", "[4,12]", 12, SafetensorsError.Code.overlap(other: "a")),
        ("[0,8]", "[0,8]", 8, .overlap(other: "a")),
        ("[0,8]", "[12,20]", 20, .hole(begin: 8, end: 12)),
    ])
    func refusesOverlapsAndHoles(
        _ first: String,
        _ second: String,
        _ data: Int,
        _ expected: SafetensorsError.Code
    ) throws {
        let header =
            "{\"a\":\(entry("F32", "[2]", first)),\"b\":\(entry("F32", "[2]", second))}"
        #expect(try code(of: file(header, data: data)) == expected)
    }

    @Test func namesFromTheFileAreEscapedInMessages() throws {
        let name = String(repeating: "x", count: 500) + "\\n"
        let path = try folder.write(file("{\"\(name)\":1}"), to: "bad.safetensors")
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile.open(path) }
        let sentence = try #require(error?.description)
        #expect(sentence.utf8.count < 400 + path.utf8.count)
    }
}
