/// A pinhole camera: the picture's x axis goes right, its y axis down, pixel centres at halves.
package struct Camera: Hashable, Sendable {
    package let position: Vector
    /// Unit vectors: right, up, and forward along the camera's axis.
    package let right: Vector
    package let up: Vector
    package let forward: Vector
    /// Focal length in pixels.
    package let focal: Float
    package let centre: SIMD2<Float>

    /// A camera that looks at a point.
    ///
    /// - Parameters:
    ///   - position: Where it is.
    ///   - target: What is in the middle of the picture.
    ///   - roll: About the axis, in radians.
    ///   - tangent: Of half the angle of view of the shorter side.
    ///   - width: Of the picture, in pixels.
    ///   - height: Of the picture, in pixels.
    package init(
        at position: Vector,
        towards target: Vector,
        roll: Double,
        tangent: Float,
        width: Int,
        height: Int
    ) {
        self.position = position
        forward = normalized(target - position)
        let level = normalized(cross(forward, Vector(0, 0, 1)))
        let upright = cross(level, forward)
        let (sine, cosine) = ScalarMath.sineAndCosine(roll)
        right = level * Float(cosine) + upright * Float(sine)
        up = upright * Float(cosine) - level * Float(sine)
        focal = Float(min(width, height)) / (2 * tangent)
        centre = SIMD2(Float(width) / 2, Float(height) / 2)
    }

    /// The direction of the ray through a place of the picture; along `forward` it has length 1,
    /// so that the depth of `position + t * direction` is `t`.
    @inline(__always)
    package func direction(_ x: Float, _ y: Float) -> Vector {
        forward + right * ((x - centre.x) / focal) - up * ((y - centre.y) / focal)
    }

    /// Where a point is in the picture, and its depth along the axis, which may be negative.
    @inline(__always)
    package func project(_ point: Vector) -> (x: Float, y: Float, depth: Float) {
        let (x, y, depth) = project(direction: point - position)
        return (x, y, depth)
    }

    /// Where a direction is in the picture.
    @inline(__always)
    package func project(direction: Vector) -> (x: Float, y: Float, depth: Float) {
        let depth = dot(direction, forward)
        let scale = focal / depth
        return (
            centre.x + dot(direction, right) * scale,
            centre.y - dot(direction, up) * scale,
            depth
        )
    }
}
