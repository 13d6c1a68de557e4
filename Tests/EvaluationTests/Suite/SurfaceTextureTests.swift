import Evaluation
import Pipelines
import Scenes
import Testing

struct SurfaceTextureTests {
    private static let settings = SceneSettings(width: 64, height: 64)

    /// A scene's subject in a finish, with a grain of its own.
    private func texture(
        _ scene: SceneDescription,
        _ finish: SceneFinish,
        variation: UInt32,
        under mask: RegionMask
    ) throws -> SurfaceTexture {
        var other = scene
        other.objects[0].finish = finish
        other.objects[0].variation ^= variation
        let pictures = SceneCase(other, frames: 1..<2, Self.settings).pictures
        return try #require(SurfaceTexture(of: pictures, frames: [0], masks: [mask]))
    }

    @Test func `finishes of true renderings are told far more often than by chance`() throws {
        var (right, count) = (0, 0)
        for scene in SceneCase.descriptions(10, from: 300, frames: 2, Self.settings) {
            let mask = SceneCase(scene, frames: 0..<2, Self.settings).subject(1)
            let references = TextureReferences(
                try SceneFinish.allCases.map { finish in
                    try (1...4).map { grain in
                        try texture(scene, finish, variation: grain * 0x1111, under: mask)
                    }
                }
            )
            for (index, finish) in SceneFinish.allCases.enumerated() {
                let judged = try texture(scene, finish, variation: 0x5EED_5EED, under: mask)
                right += references.nearest(to: judged) == index ? 1 : 0
                count += 1
            }
        }
        // By chance it would be one in six.
        #expect(Double(right) / Double(count) > 0.8, "\(right) of \(count)")
    }

    @Test func `what is flat has no texture, and too few pixels tell nothing`() throws {
        let mask = RegionMask(width: 4, height: 4, values: [Bool](repeating: true, count: 16))
        let flat = try #require(
            SurfaceTexture([UInt8](repeating: 90, count: 48)[...], under: mask)
        )
        #expect(flat.features.allSatisfy { abs($0) < 1e-6 })
        let few = RegionMask(width: 4, height: 4, values: (0..<16).map { $0 < 7 })
        #expect(SurfaceTexture([UInt8](repeating: 90, count: 48)[...], under: few) == nil)
    }

    /// What is outside the mask is not seen, however bright it is.
    @Test func `only what is under the mask counts`() throws {
        let mask = RegionMask(width: 9, height: 9, values: (0..<81).map { $0 % 9 < 6 })
        func texture(outside: UInt8) throws -> SurfaceTexture {
            let pixels = (0..<81).flatMap { place -> [UInt8] in
                let level = place % 9 < 6 ? UInt8(40 + place * 37 % 100) : outside
                return [level, level / 2, 30]
            }
            return try #require(SurfaceTexture(pixels[...], under: mask))
        }
        #expect(try texture(outside: 0) == texture(outside: 255))
        #expect(try texture(outside: 0).features.contains { abs($0) > 0.1 })
    }

    @Test func `stripes have a direction, and a feature that wavers says little`() throws {
        let mask = RegionMask(width: 12, height: 12, values: [Bool](repeating: true, count: 144))
        func stripes(across: Bool, contrast: UInt8) throws -> SurfaceTexture {
            let pixels = (0..<144).flatMap { place -> [UInt8] in
                let at = across ? place % 12 : place / 12
                return [UInt8](repeating: at / 2 % 2 == 0 ? 100 : 100 + contrast, count: 3)
            }
            return try #require(SurfaceTexture(pixels[...], under: mask))
        }
        let references = TextureReferences(
            try [true, false].map { across in
                try [20, 60, 100].map { try stripes(across: across, contrast: $0) }
            }
        )
        for contrast: UInt8 in [10, 40, 120] {
            for (index, across) in [true, false].enumerated() {
                let judged = try stripes(across: across, contrast: contrast)
                #expect(references.nearest(to: judged) == index)
            }
        }
    }
}
