import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// An image of a fixture, `[height, width, 3]` of bytes.
func goldenImage(_ file: SafetensorsFile, _ name: String) throws -> RGBImage {
    let tensor = try #require(file.tensor(named: name))
    return RGBImage(
        width: tensor.shape[1],
        height: tensor.shape[0],
        pixels: tensor.floats().map { UInt8($0) }
    )
}

/// Opens `Goldens/Images/name.safetensors`.
func goldenImages(_ name: String) throws -> SafetensorsFile {
    try SafetensorsFile.open(
        "\(Bundle.module.resourcePath ?? "")/Goldens/Images/\(name).safetensors"
    )
}

struct PILResamplerTests {
    @Test(arguments: 0..<11, PILResampler.Filter.allCases)
    func matchesPillowToTheBit(_ index: Int, _ filter: PILResampler.Filter) throws {
        let file = try goldenImages("resampling")
        let source = try goldenImage(file, "\(index).source")
        let expected = try goldenImage(file, "\(index).\(filter)")
        let found = PILResampler.resize(
            source,
            width: expected.width,
            height: expected.height,
            filter
        )
        #expect(found == expected)
    }

    @Test(arguments: 0..<6 as Range<UInt64>, PILResampler.Filter.allCases)
    func aConstantImageStaysConstant(seed: UInt64, _ filter: PILResampler.Filter) {
        var generator = SeededGenerator(seed: seed)
        func size() -> Int { Int.random(in: 1...80, using: &generator) }
        let (width, height, value) = (size(), size(), UInt8.random(in: 0...255, using: &generator))
        let image = RGBImage(
            width: width,
            height: height,
            pixels: [UInt8](repeating: value, count: width * height * 3)
        )
        let resized = PILResampler.resize(image, width: size(), height: size(), filter)
        #expect(resized.pixels.allSatisfy { $0 == value })
    }

    @Test(arguments: 0..<6 as Range<UInt64>, PILResampler.Filter.allCases)
    func aMirroredImageGivesTheMirroredResult(seed: UInt64, _ filter: PILResampler.Filter) {
        var generator = SeededGenerator(seed: seed)
        // Powers of two, so that a box never ends half-way through a pixel.
        let image = randomImage(width: 32, height: 16, &generator)
        let width = [8, 16, 64].randomElement(using: &generator) ?? 8
        let resized = PILResampler.resize(image, width: width, height: 8, filter)
        let other = PILResampler.resize(mirrored(image), width: width, height: 8, filter)
        #expect(mirrored(other) == resized)
    }

    @Test(arguments: 0..<8 as Range<UInt64>, PILResampler.Filter.allCases)
    func aPartIsCutFromTheWhole(seed: UInt64, _ filter: PILResampler.Filter) {
        var generator = SeededGenerator(seed: seed)
        func size() -> Int { Int.random(in: 1...40, using: &generator) }
        func part(of count: Int) -> Range<Int> {
            let start = Int.random(in: 0..<count, using: &generator)
            return start..<Int.random(in: start + 1...count, using: &generator)
        }
        let (width, height) = (size(), seed % 4 == 0 ? 20 : size())
        let source = (width: seed % 3 == 0 ? width : size(), height: seed % 4 == 0 ? 20 : size())
        let (columns, rows) = (part(of: width), part(of: height))
        let image = randomImage(width: source.width, height: source.height, &generator)
        let whole = PILResampler.resize(image, width: width, height: height, filter)
        let found = PILResampler.resize(
            image,
            width: width,
            height: height,
            filter,
            keeping: (columns, rows)
        )
        let expected = whole.cropped(
            x: columns.lowerBound,
            y: rows.lowerBound,
            width: columns.count,
            height: rows.count
        )
        #expect(found == expected)
    }

    private func randomImage(
        width: Int,
        height: Int,
        _ generator: inout SeededGenerator
    ) -> RGBImage {
        RGBImage(
            width: width,
            height: height,
            pixels: (0..<width * height * 3).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
        )
    }

    private func mirrored(_ image: RGBImage) -> RGBImage {
        var pixels: [UInt8] = []
        for row in 0..<image.height {
            for column in (0..<image.width).reversed() {
                let start = (row * image.width + column) * 3
                pixels += image.pixels[start..<start + 3]
            }
        }
        return RGBImage(width: image.width, height: image.height, pixels: pixels)
    }
}
