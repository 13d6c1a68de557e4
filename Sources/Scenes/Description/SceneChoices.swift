/// What is settled before a scene is drawn; nil and empty leave it to the seed.
package struct SceneChoices: Hashable, Sendable {
    /// Of the subject, the first object.
    package var colour: SceneColour?
    package var finish: SceneFinish?
    package var shape: SceneShape?
    package var motion: ObjectMotion.Kind?
    package var ground: SceneGround?
    package var light: SceneLight?
    /// 1 to 3.
    package var objectCount: Int?

    package init(
        colour: SceneColour? = nil,
        finish: SceneFinish? = nil,
        shape: SceneShape? = nil,
        motion: ObjectMotion.Kind? = nil,
        ground: SceneGround? = nil,
        light: SceneLight? = nil,
        objectCount: Int? = nil
    ) {
        if let objectCount {
            precondition(
                SceneDescription.objectCounts.contains(objectCount),
                "a scene of \(objectCount) objects"
            )
        }
        self.colour = colour
        self.finish = finish
        self.shape = shape
        self.motion = motion
        self.ground = ground
        self.light = light
        self.objectCount = objectCount
    }
}
