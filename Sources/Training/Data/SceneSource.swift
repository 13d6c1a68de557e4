import Pipelines
import Scenes
package import Tensors

/// Clips of procedural scenes, with exact depth and a caption.
///
/// Scene n of `count` is that of the seed `first + n`, and each offers `variations` beginnings.
/// Training and validation take other seeds.
package struct SceneSource: ClipSource {
    private let first: UInt64
    private let count: Int
    private let variations: Int

    /// Seeds from here on are never trained on.
    package static let heldOut = SceneDescription.heldOutSeed
    /// Beginnings are this many frames apart, so that camera and objects have moved.
    private static let variationStep = 37

    /// - Parameters:
    ///   - count: Different scenes.
    ///   - variations: Clips a scene.
    ///   - first: The first seed.
    package init(count: Int, variations: Int = 4, first: UInt64 = 0) {
        precondition(count > 0 && variations > 0, "\(count) scenes of \(variations) clips")
        self.count = count
        self.variations = variations
        self.first = first
    }

    package func draw(
        _ generator: inout KeyedGenerator,
        _ request: ClipRequest
    ) throws -> ClipKey {
        ClipKey(
            item: generator.integer(below: count),
            variation: generator.integer(below: variations)
        )
    }

    package func identity(_ key: ClipKey) -> String {
        "scene \(seed(key)) of version \(SceneDescription.version) from frame \(begin(key))"
    }

    private func seed(_ key: ClipKey) -> UInt64 { first &+ UInt64(key.item) }

    private func begin(_ key: ClipKey) -> Int { key.variation * Self.variationStep }

    package func clip(_ key: ClipKey, _ request: ClipRequest) throws -> TrainingClip? {
        let scene = SceneClip(
            seed: seed(key),
            SceneSettings(width: request.width, height: request.height)
        )
        var bytes: [UInt8] = []
        var depth: [Float] = []
        for index in 0..<request.frames {
            let frame = scene.frame(
                begin(key) + index * request.stride,
                .picture
            )
            bytes += frame.pixels
            depth += frame.inverseDepth
        }
        return TrainingClip(
            pictures: Pictures(
                count: request.frames,
                height: request.height,
                width: request.width,
                bytes: bytes
            ),
            caption: scene.caption,
            depth: HostTensor(depth, Shape([request.frames, request.height, request.width]))
        )
    }
}
