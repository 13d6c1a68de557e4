import Evaluation
import Pipelines
import Scenes
import Testing

struct SurfaceTextureTests {
    private static let settings = SceneSettings(width: 64, height: 64)

    @Test func `finishes of true renderings are told far more often than by chance`() throws {
        var (right, count) = (0, 0)
        for scene in SceneCase.descriptions(5, from: 300, frames: 2, Self.settings) {
            let source = SceneCase(scene, frames: 0..<2, Self.settings)
            // Pictures are of another frame, and the thing has another grain.
            func texture(_ finish: SceneFinish, frame: Int) throws -> SurfaceTexture {
                var other = scene
                other.objects[0].finish = finish
                other.objects[0].variation ^= frame == 0 ? 0 : 0x5EED_5EED
                let pictures = SceneCase(other, frames: frame..<frame + 1, Self.settings).pictures
                return try #require(
                    SurfaceTexture(of: pictures, frames: [0], masks: [source.subject(frame)])
                )
            }
            let references = try SceneFinish.allCases.map { try texture($0, frame: 0) }
            for (index, finish) in SceneFinish.allCases.enumerated() {
                right += try texture(finish, frame: 1).nearest(of: references) == index ? 1 : 0
                count += 1
            }
        }
        // By chance it would be one in six.
        #expect(Double(right) / Double(count) > 0.6)
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
}
