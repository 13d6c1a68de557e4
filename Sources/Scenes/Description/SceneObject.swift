/// One object of a scene.
package struct SceneObject: Hashable, Sendable {
    package var colour: SceneColour
    package var finish: SceneFinish
    package var shape: SceneShape
    /// Half of the extent, in the world's units.
    package var size: Float
    /// Where it stands on the ground, or around which place it moves.
    package var place: SIMD2<Float>
    /// Where it faces: the angle of its own x axis, in radians.
    package var heading: Float
    /// Whether it lies on its side, where its shape can.
    package var isLying: Bool
    package var motion: ObjectMotion
    /// Of what has no name: the tint, the grain.
    package var variation: UInt32
    /// Of the same, with the variation: the seed of the scene it comes from; nil for the scene's
    /// own.
    package var origin: UInt64?

    /// For instance "a red metal torus".
    package var caption: String {
        let words = "\(colour.word) \(finish.word) \(shape.word)"
        return ("aeiou".contains(words.prefix(1)) ? "an " : "a ") + words
    }
}

/// How an object moves.
package struct ObjectMotion: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case still
        /// About the vertical.
        case spinning
        /// To and fro along its heading, without slipping; what cannot roll slides.
        case rolling
        /// To and fro along its heading.
        case sliding
        /// Up and down.
        case hopping
    }

    package var kind: Kind
    /// Seconds of one round.
    package var period: Float
    /// Share of a round that is over at time 0.
    package var phase: Float
    /// How far it comes from its middle, in the world's units.
    package var reach: Float

    package init(kind: Kind, period: Float = 4, phase: Float = 0, reach: Float = 0) {
        precondition(period > 0, "a round of \(period) s")
        self.kind = kind
        self.period = period
        self.phase = phase
        self.reach = reach
    }

    package static let still = ObjectMotion(kind: .still)
}
