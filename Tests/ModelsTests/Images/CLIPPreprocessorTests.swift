import Models
import Tensors
import Testing

/// Equality with transformers 5.23.0 and Pillow 13.0.0.
struct CLIPPreprocessorTests {
    private func config(_ values: [String: JSONValue]) throws(ConfigError) -> CLIPPreprocessor {
        try CLIPPreprocessor(ConfigObject(values, label: "preprocessor_config.json"))
    }

    @Test(arguments: 0..<5)
    func matchesTheReference(_ index: Int) throws {
        let file = try goldenImages("preprocessing")
        let image = try goldenImage(file, "\(index).source")
        let expected = try #require(file.tensor(named: "\(index).clip")).hostTensor()
        #expect(CLIPPreprocessor(size: 24)(image) == expected)
    }

    @Test(arguments: 0..<5)
    func matchesTheReferenceWithAConfigOfItsOwn(_ index: Int) throws {
        let file = try goldenImages("preprocessing")
        let image = try goldenImage(file, "\(index).source")
        let expected = try #require(file.tensor(named: "\(index).cropped")).hostTensor()
        let preprocessor = try config([
            "size": .object(["shortest_edge": .integer(30)]),
            "crop_size": .object(["height": .integer(23), "width": .integer(23)]),
            "resample": .integer(2),
        ])
        #expect(preprocessor(image) == expected)
    }

    /// Resized as a whole it would have a thousand million pixels.
    @Test func aThreadOfPixelsIsCutBeforeItIsEnlarged() {
        let thread = RGBImage(
            width: 20_000,
            height: 1,
            pixels: [UInt8](repeating: 128, count: 60_000)
        )
        let values = CLIPPreprocessor()(thread)
        #expect(values.shape == [224, 224, 3])
        #expect(Set(values.values).count == 3)
    }

    @Test func anEmptyFileIsTheClassDefault() throws {
        #expect(try config([:]) == CLIPPreprocessor())
        #expect(
            try config(["size": .integer(224), "crop_size": .integer(224)]) == CLIPPreprocessor()
        )
    }

    @Test(arguments: [
        ("do_resize", JSONValue.bool(false)), ("do_center_crop", .bool(false)),
        ("do_rescale", .bool(false)), ("do_normalize", .bool(false)), ("resample", .integer(0)),
        ("size", .integer(100)), ("size", .object(["height": .integer(224)])),
        ("crop_size", .object(["height": .integer(224), "width": .integer(200)])),
        ("image_std", .array([.integer(0), .integer(1), .integer(1)])),
        ("image_mean", .array([.integer(0)])),
    ])
    func refusesOtherSteps(_ key: String, _ value: JSONValue) {
        let error = #expect(throws: ConfigError.self) { try config([key: value]) }
        #expect(error?.description.hasPrefix("preprocessor_config.json: ") == true)
    }
}
