import Models
import Tensors
import Testing

/// Equality with transformers 5.23.0 and Pillow 13.0.0.
struct DPTPreprocessorTests {
    private func config(_ values: [String: JSONValue]) throws(ConfigError) -> DPTPreprocessor {
        try DPTPreprocessor(ConfigObject(values, label: "preprocessor_config.json"))
    }

    @Test(arguments: 0..<5)
    func matchesTheReference(_ index: Int) throws {
        let file = try goldenImages("preprocessing")
        let image = try goldenImage(file, "\(index).source")
        let square = try config(["size": .integer(32), "resample": .integer(2)])
        #expect(square(image) == file.tensor(named: "\(index).dpt")?.hostTensor())
        let fitted = try config([
            "size": .object(["height": .integer(32), "width": .integer(32)]),
            "keep_aspect_ratio": .bool(true), "ensure_multiple_of": .integer(8),
        ])
        #expect(fitted(image) == file.tensor(named: "\(index).fitted")?.hostTensor())
    }

    @Test func theClassDefaultDiffersFromDPTLargeInItsFilterAlone() throws {
        var expected = DPTPreprocessor()
        expected.filter = .bicubic
        #expect(try config([:]) == expected)
    }

    @Test(arguments: [
        ("do_resize", JSONValue.bool(false)), ("do_pad", .bool(true)), ("resample", .integer(5)),
        ("ensure_multiple_of", .integer(0)), ("size", .object(["shortest_edge": .integer(4)])),
    ])
    func refusesOtherSteps(_ key: String, _ value: JSONValue) {
        #expect(throws: ConfigError.self) { try config([key: value]) }
    }
}
