/// A scene as a clip: any of its frames, in any order, to the bit the same each time.
///
/// A frame needs nothing of the frames before it, so training may take random ones, and threads
/// may share a clip.
package struct SceneClip: Sendable {
    package let description: SceneDescription
    package let settings: SceneSettings
    private let renderer: FrameRenderer

    package init(_ description: SceneDescription, _ settings: SceneSettings = SceneSettings()) {
        precondition(
            SceneDescription.objectCounts.contains(description.objects.count),
            "a scene of \(description.objects.count) objects"
        )
        self.description = description
        self.settings = settings
        let (sine, cosine) = ScalarMath.sineAndCosine(Double(description.wall.azimuth))
        renderer = FrameRenderer(
            settings: settings,
            shader: Shader(
                description,
                wallDirection: Vector(Float(cosine), Float(sine), 0)
            ),
            sensor: SceneSensor(seed: description.seed)
        )
    }

    /// The scene of a seed.
    package init(
        seed: UInt64,
        _ settings: SceneSettings = SceneSettings(),
        choices: SceneChoices = SceneChoices()
    ) {
        self.init(SceneDescription(seed: seed, choices), settings)
    }

    package var caption: String { description.caption }

    /// A frame, shown at `index / framesPerSecond` seconds.
    ///
    /// - Parameters:
    ///   - index: From 0; there is no last.
    ///   - parts: What is made besides depth and masks.
    /// - Returns: The frame; its flow goes to frame `index + 1`.
    package func frame(_ index: Int, _ parts: SceneParts = .all) -> SceneFrame {
        let now = stage(index)
        let next = parts.contains(.flow) ? stage(index + 1) : now
        return renderer.render(index, now, next: next, parts)
    }

    /// The colour at one place of a frame's picture, before noise and bytes.
    ///
    /// - Parameters:
    ///   - x: In pixels from the left; centres are at halves.
    ///   - y: In pixels from the top.
    ///   - index: The frame.
    /// - Returns: Red, green and blue in grey levels from 0 to 255.
    package func levels(x: Float, y: Float, frame index: Int) -> Vector {
        renderer.levels(x, y, stage(index))
    }

    private func stage(_ index: Int) -> Stage {
        precondition(index >= 0, "frame \(index)")
        return Stage(
            description,
            seconds: Double(index) / settings.framesPerSecond,
            width: settings.width,
            height: settings.height
        )
    }
}
