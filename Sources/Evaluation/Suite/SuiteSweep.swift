import Scenes
import Tensors

/// A test that renders each clip in the same ways, from the same noise.
struct SuiteSweep<Way> {
    /// The test's.
    let name: String
    let ways: [Way]
    /// Frames of a clip that its sheet shows.
    let shown: Int
    /// The table's row of a way.
    let row: (Way) -> String

    /// Goes through clips and ways, and tells the observer.
    ///
    /// - Parameters:
    ///   - studio: The model.
    ///   - settings: Of the test.
    ///   - observer: Is told.
    ///   - clip: What is done once for each clip; its result is given to all renderings of it.
    ///   - rendering: Renders a clip in one way and measures it.
    /// - Throws: What networks, the observer and the closures throw.
    func run<Shared>(
        _ studio: SceneStudio,
        _ settings: SuiteSettings,
        _ observer: SuiteObserver,
        clip: (SuiteClip, inout SuiteSheet) throws -> Shared,
        rendering: (SuiteClip, Shared, Way, inout SuiteSheet) throws -> Void
    ) throws {
        let scenes = settings.scenes
        for (index, description) in scenes.enumerated() {
            let source = try SuiteClip(description, index: index, settings, studio)
            var sheet = SuiteSheet(name, clip: index, frames: source.scene.frames(atMost: shown))
            sheet.add("source", source.scene.pictures)
            let shared = try clip(source, &sheet)
            for (position, way) in ways.enumerated() {
                try rendering(source, shared, way, &sheet)
                try observer.progress(
                    SuiteProgress(
                        rendering: position,
                        of: ways.count,
                        clip: index,
                        of: scenes.count,
                        row(way)
                    )
                )
            }
            try observer.sheet?(sheet)
        }
    }
}
