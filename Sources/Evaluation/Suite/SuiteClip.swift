import Pipelines
import Scenes
import Tensors

/// A held-out clip made ready to be rendered: what all renderings of it share is computed once.
struct SuiteClip {
    let scene: SceneCase
    /// What a prompt asks for.
    let edit: SceneEdit
    /// As the model estimates it, `[F, H, W]`.
    let depth: HostTensor
    /// `[1, D]`; nil without content.
    let content: HostTensor?

    init(
        _ description: SceneDescription,
        index: Int,
        _ settings: SuiteSettings,
        _ studio: SceneStudio
    ) throws {
        scene = SceneCase(description, frames: 0..<settings.frames, settings.scene)
        edit = SceneEdit(of: description, index: index)
        depth = try studio.depth(of: scene.pictures)
        switch settings.content {
        case .prompt:
            let wish = edit.applied(to: description)
            content = try studio.content(
                prompt: wish.caption,
                seed: description.seed,
                guidance: settings.priorGuidance
            )
        case .picture: content = try studio.content(scene.pictures, frame: scene.middle)
        case .none: content = nil
        }
    }
}

/// Values of a table as they come in: a row's, by column, a clip each.
package struct SuiteTally {
    private var values: [String: [String: [Double]]] = [:]

    package init() {}

    package mutating func add(_ row: String, _ column: String, _ value: Double) {
        values[row, default: [:]][column, default: []].append(value)
    }

    package mutating func add(_ row: String, _ column: String, _ isSo: Bool) {
        add(row, column, isSo ? 1 : 0)
    }

    /// A row of the table; clips in which a value is not finite do not count in it.
    package func row(_ name: String) -> SuiteReport.Row {
        let cells = (values[name] ?? [:]).compactMapValues { values -> BootstrapInterval? in
            let finite = values.filter(\.isFinite)
            // One seed: columns over the same clips are resampled alike.
            return finite.isEmpty ? nil : BootstrapInterval(finite, seed: 0)
        }
        return SuiteReport.Row(name, cells)
    }
}
