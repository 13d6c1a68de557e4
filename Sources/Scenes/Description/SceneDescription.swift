/// A small world: what is in it, how it moves, and who looks.
///
/// A value to be changed: the same scene with an object of another colour is this one with
/// `objects[0].colour` set, and differs in nothing else.
package struct SceneDescription: Hashable, Sendable {
    /// Of the pictures that a seed gives; goes up when any of their bits change.
    package static let version = 1
    /// Seeds from here on are never trained on; validation takes the first of them.
    package static let heldOutSeed: UInt64 = 1 << 62
    /// How many objects there may be.
    package static let objectCounts = 1...3

    /// The first is the subject.
    package var objects: [SceneObject]
    package var ground: SceneGround
    package var light: SceneLight
    /// Where the light comes from, in radians around the vertical.
    package var lightAzimuth: Float
    package var camera: CameraMove
    /// Where the wall behind is, from the middle of the world; its normal points to the middle.
    package var wall: Wall
    /// Of what has no name: the grain of surfaces, tints, the camera's sensor.
    package var seed: UInt64

    package struct Wall: Hashable, Sendable {
        /// Where it stands, in radians around the vertical.
        package var azimuth: Float
        /// From the middle, in the world's units.
        package var distance: Float

        package init(azimuth: Float, distance: Float) {
            precondition(distance > 0, "a wall \(distance) away")
            self.azimuth = azimuth
            self.distance = distance
        }
    }

    /// One sentence from a small grammar: objects, "on", ground, ",", light.
    ///
    /// For instance "a red metal torus and a blue wooden cube on snow, evening light".
    package var caption: String {
        let names = objects.map(\.caption)
        let list =
            names.count < 2
            ? names.joined()
            : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
        return "\(list) on \(ground.words), \(light.words)"
    }
}
