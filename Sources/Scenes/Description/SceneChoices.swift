/// What is settled before a scene is drawn; nil and empty leave it to the seed.
package struct SceneChoices: Hashable, Sendable {
    /// The seed of the scene whose subject it is.
    ///
    /// The same thing, to the grain, in another place and seen from another side; colour, finish
    /// and shape below change it.
    package var subject: UInt64?
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
        subject: UInt64? = nil,
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
        self.subject = subject
        self.colour = colour
        self.finish = finish
        self.shape = shape
        self.motion = motion
        self.ground = ground
        self.light = light
        self.objectCount = objectCount
    }
}
