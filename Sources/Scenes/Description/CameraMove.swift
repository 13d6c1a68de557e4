/// A camera in somebody's hand, that walks around things and comes nearer or goes away.
package struct CameraMove: Hashable, Sendable {
    /// A slow wave: `middle + reach · sin(2π (seconds / period + phase))`.
    package struct Sway: Hashable, Sendable {
        package var middle: Float
        package var reach: Float
        package var period: Float
        package var phase: Float

        package init(middle: Float, reach: Float = 0, period: Float = 10, phase: Float = 0) {
            precondition(period > 0, "a wave of \(period) s")
            self.middle = middle
            self.reach = reach
            self.period = period
            self.phase = phase
        }

        func value(_ seconds: Double) -> Double {
            let turns = seconds / Double(period) + Double(phase)
            return Double(middle) + Double(reach) * ScalarMath.sine(2 * .pi * turns)
        }
    }

    /// The point around which it goes.
    package var target: Vector
    /// From the target, as a logarithm to the base 2.
    package var distance: Sway
    /// Around the vertical, in radians.
    package var azimuth: Sway
    /// Above the ground as seen from the target, in radians.
    package var elevation: Sway
    /// About the camera's axis, in radians.
    package var roll: Sway
    /// Tangent of half the angle of view of the picture's shorter side.
    package var tangent: Float
    /// How unsteady the hand is; 1 is usual, 0 a tripod.
    package var unsteadiness: Float
    /// Of the hand's movements.
    package var seed: UInt64

    /// The camera at a time.
    package func camera(_ seconds: Double, width: Int, height: Int) -> Camera {
        let distance = ScalarMath.exp2(distance.value(seconds))
        let azimuth = ScalarMath.sineAndCosine(azimuth.value(seconds))
        let elevation = ScalarMath.sineAndCosine(elevation.value(seconds))
        var position = target
        position.x += Float(distance * elevation.cosine * azimuth.cosine)
        position.y += Float(distance * elevation.cosine * azimuth.sine)
        position.z += Float(distance * elevation.sine)
        let scale = Float(distance) * unsteadiness
        let hand = Vector(shake(seconds, 0), shake(seconds, 1), shake(seconds, 2))
        let gaze = Vector(shake(seconds, 3), shake(seconds, 4), shake(seconds, 5))
        position += hand * (scale * 0.016)
        // A hand does not go through the table.
        position.z = max(position.z, 0.3)
        return Camera(
            at: position,
            towards: target + gaze * (scale * Vector(0.022, 0.022, 0.014)),
            roll: roll.value(seconds) + Double(shake(seconds, 6) * unsteadiness) * 0.012,
            tangent: tangent,
            width: width,
            height: height
        )
    }

    /// Smooth and about between -1 and 1: waves from a slow drift of the body to the tremor of a
    /// hand, with keyed rates and phases.
    private func shake(_ seconds: Double, _ channel: Int) -> Float {
        var random = SceneRandom(seed: seed, .camera, index: channel)
        var sum = 0.0
        let rates: [(rate: Float, height: Double)] = [
            (0.17, 0.7), (0.45, 0.45), (1.1, 0.16), (2.7, 0.035), (5.5, 0.01),
        ]
        for (rate, height) in rates {
            let hertz = Double(rate * random.number(0.75, 1.3))
            let phase = Double(random.unit())
            sum += height * ScalarMath.sine(2 * .pi * (seconds * hertz + phase))
        }
        return Float(sum)
    }
}
