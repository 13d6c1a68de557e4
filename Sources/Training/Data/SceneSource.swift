package import Pipelines
package import Scenes
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

    /// Twins have these seeds, so that none is a scene of any source.
    private static let firstTwin: UInt64 = 1 << 61

    /// A scene that looks like another.
    ///
    /// Its objects have the other's colours and finishes; ground and light are the other's, too.
    package static func twin(of scene: SceneDescription, seed: UInt64) -> SceneDescription {
        var twin = SceneDescription(
            seed: seed,
            SceneChoices(
                ground: scene.ground,
                light: scene.light,
                objectCount: scene.objects.count
            )
        )
        for (index, object) in scene.objects.enumerated() {
            twin.objects[index].colour = object.colour
            twin.objects[index].finish = object.finish
        }
        return twin
    }

    package func twin(_ key: ClipKey, _ request: ClipRequest) throws -> Pictures? {
        let twin = Self.twin(
            of: SceneDescription(seed: seed(key)),
            seed: Self.firstTwin + UInt64(key.item * variations + key.variation)
        )
        let frame = SceneClip(twin, Self.settings(request)).frame(0, .picture)
        return Pictures(
            count: 1,
            height: request.height,
            width: request.width,
            bytes: frame.pixels
        )
    }

    private static func settings(_ request: ClipRequest) -> SceneSettings {
        SceneSettings(width: request.width, height: request.height)
    }

    package func clip(_ key: ClipKey, _ request: ClipRequest) throws -> TrainingClip? {
        let scene = SceneClip(seed: seed(key), Self.settings(request))
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
