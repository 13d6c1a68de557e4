/// What is trained on, and what the result is judged by.
package struct TrainingData: Sendable {
    package let training: any ClipSource
    package let validation: any ClipSource

    package init(training: any ClipSource, validation: any ClipSource) {
        self.training = training
        self.validation = validation
    }

    /// The word that stands for procedural scenes where folders are named.
    package static let scenes = "scenes"

    /// Data by the names that a person gives.
    ///
    /// Scenes of validation have seeds that are never trained on, and some files of a folder are
    /// held out, as `FolderSource.parts` has it.
    ///
    /// - Parameters:
    ///   - names: "scenes", or folders; all are drawn from alike.
    ///   - sceneCount: How many different scenes.
    ///   - style: Which parts of a folder's pictures are shown.
    ///   - tell: Is told what a person should know of the data, in sentences.
    /// - Throws: As `FolderSource` does, and `TrainingError` for no name at all.
    package init(
        _ names: [String],
        sceneCount: Int,
        style: FramePlacement.Style = .random,
        tell: @escaping @Sendable (String) -> Void
    ) throws {
        guard !names.isEmpty else {
            throw TrainingError(.usage("data: expected \"\(Self.scenes)\" or a folder"))
        }
        var training: [any ClipSource] = []
        var validation: [any ClipSource] = []
        for name in names {
            if name == Self.scenes {
                training.append(SceneSource(count: sceneCount))
                validation.append(SceneSource(count: 4096, first: SceneSource.heldOut))
            } else {
                let parts = try FolderSource(name, style: style, tell: tell).parts
                training.append(parts.training)
                validation.append(parts.validation)
            }
        }
        self.init(training: MixedSource(training), validation: MixedSource(validation))
    }
}
