package import Scenes
import Tensors

/// What a scene's subject is to become.
package struct SceneEdit: Hashable, Sendable {
    /// Another than the subject has.
    package let colour: SceneColour
    /// Another than the subject has; nil if that stays.
    package let finish: SceneFinish?

    package init(colour: SceneColour, finish: SceneFinish? = nil) {
        self.colour = colour
        self.finish = finish
    }

    /// Draws an edit: any other colour alike, and in every second clip any other finish.
    ///
    /// - Parameters:
    ///   - scene: What is edited; its seed keys the draw.
    ///   - index: The clip's number.
    package init(of scene: SceneDescription, index: Int) {
        var generator = SuiteChance.stream("edit", seed: scene.seed)
        let subject = scene.objects[0]
        let colours = SceneColour.allCases.filter { $0 != subject.colour }
        let finishes = SceneFinish.allCases.filter { $0 != subject.finish }
        colour = colours[generator.integer(below: colours.count)]
        let other = finishes[generator.integer(below: finishes.count)]
        finish = index % 2 == 1 ? other : nil
    }

    /// The scene after it.
    package func applied(to scene: SceneDescription) -> SceneDescription {
        var result = scene
        result.objects[0].colour = colour
        result.objects[0].finish = finish ?? result.objects[0].finish
        return result
    }

    /// Another scene whose only object has the colour, and the finish if it is wanted.
    package func example(seed: UInt64) -> SceneDescription {
        SceneDescription(
            seed: seed,
            SceneChoices(colour: colour, finish: finish, motion: .still, objectCount: 1)
        )
    }
}
