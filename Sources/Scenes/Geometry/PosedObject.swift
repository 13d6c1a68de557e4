/// An object where it is at one time.
package struct PosedObject: Hashable, Sendable {
    package let shape: SceneShape
    package let size: Float
    package let rotation: Rotation
    /// Of the shape's origin.
    package let origin: Vector

    package init(_ object: SceneObject, seconds: Double) {
        let motion = object.motion
        let turns = seconds / Double(motion.period) + Double(motion.phase)
        let isLying = object.isLying && object.shape.canLie
        let rest = object.size * object.shape.restingHeight(isLying: isLying)
        let (sine, cosine) = ScalarMath.sineAndCosine(Double(object.heading))
        let ahead = Vector(Float(cosine), Float(sine), 0)
        var origin = Vector(object.place.x, object.place.y, rest)
        var heading = Double(object.heading)
        var rolled = 0.0
        switch motion.kind {
        case .still: break
        case .spinning: heading += 2 * .pi * turns
        case .rolling, .sliding:
            let way = Double(motion.reach) * ScalarMath.sine(2 * .pi * turns)
            origin += ahead * Float(way)
            if motion.kind == .rolling,
                let radius = object.shape.rollingRadius(isLying: isLying)
            {
                rolled = way / Double(radius * object.size)
            }
        case .hopping:
            // Free flight between two touches of the ground.
            let t = turns * 3 - (turns * 3).rounded(.down)
            origin.z += motion.reach * Float(4 * t * (1 - t))
        }
        var rotation = Rotation(about: Vector(0, 0, 1), by: heading)
        // Lying: the own z axis level and across the heading.
        if isLying { rotation = rotation.after(Rotation(about: Vector(1, 0, 0), by: .pi / 2)) }
        if rolled != 0 {
            let axis = Vector(-ahead.y, ahead.x, 0)
            rotation = Rotation(about: axis, by: rolled).after(rotation)
        }
        shape = object.shape
        size = object.size
        self.rotation = rotation
        self.origin = origin
    }

    /// A point of the world in the object's own coordinates, where its size is 1.
    @inline(__always)
    package func local(_ point: Vector) -> Vector { rotation.inverse(point - origin) * (1 / size) }

    /// A point of the object in the world.
    @inline(__always)
    package func world(_ point: Vector) -> Vector { origin + rotation(point * size) }

    /// The distance of a point of the world, or less.
    @inline(__always)
    package func distance(_ point: Vector) -> Float {
        size * DistanceField.distance(shape, local(point))
    }

    /// The part of a ray inside a sphere around the object.
    ///
    /// - Parameters:
    ///   - start: Of the ray.
    ///   - direction: Of any length.
    ///   - radius: Of the sphere.
    /// - Returns: In multiples of `direction`; nil if the line misses the sphere.
    @inline(__always)
    func span(
        _ start: Vector,
        _ direction: Vector,
        radius: Float
    ) -> (near: Float, far: Float)? {
        let offset = origin - start
        let square = dot(direction, direction)
        let middle = dot(offset, direction) / square
        let miss = offset - direction * middle
        let rest = radius * radius - dot(miss, miss)
        guard rest > 0 else { return nil }
        let half = (rest / square).squareRoot()
        return (middle - half, middle + half)
    }

    /// Where a ray meets the surface first, in multiples of `direction`; nil if it does not within
    /// `limit`.
    @inline(__always)
    package func meet(_ start: Vector, _ direction: Vector, limit: Float) -> Float? {
        guard let span = span(start, direction, radius: size), span.far > 0, span.near < limit
        else { return nil }
        let origin = local(start)
        let step = rotation.inverse(direction) * (1 / size)
        let speed = length(step)
        let end = min(span.far, limit)
        var t = max(span.near, 0)
        for _ in 0..<96 {
            let distance = DistanceField.distance(shape, origin + step * t)
            if distance < 2e-5 {
                return polish(t, distance, origin, step, speed)
            }
            t += distance / speed
            guard t < end else { return nil }
        }
        return nil
    }

    /// Newton's method from a point near the surface.
    @inline(__always)
    private func polish(
        _ start: Float,
        _ distance: Float,
        _ origin: Vector,
        _ step: Vector,
        _ speed: Float
    ) -> Float {
        let width = 1e-3 / speed
        var t = start
        var height = distance
        for _ in 0..<3 {
            let ahead = DistanceField.distance(shape, origin + step * (t + width))
            let slope = (ahead - height) / width
            // A ray that only touches has no root to be found.
            guard slope < -0.01 * speed else { break }
            t -= height / slope
            height = DistanceField.distance(shape, origin + step * t)
            if height.magnitude < 1e-6 { break }
        }
        return t
    }
}
