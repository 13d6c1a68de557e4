/// What a ray met.
enum Surface: Hashable, Sendable {
    case object(Int)
    case ground
    case wall
    case sky
}

/// The geometry of a scene at one time.
struct Stage: Hashable, Sendable {
    /// How far the sky is along the camera's axis; ground and wall end there.
    static let farDepth: Float = 1000

    let camera: Camera
    let objects: [PosedObject]
    /// Whether there is a wall.
    let hasWall: Bool
    /// From the world's middle to the wall.
    let wallDirection: Vector
    let wallDistance: Float

    init(_ description: SceneDescription, seconds: Double, width: Int, height: Int) {
        camera = description.camera.camera(seconds, width: width, height: height)
        objects = description.objects.map { PosedObject($0, seconds: seconds) }
        hasWall = description.ground.isIndoors
        let (sine, cosine) = ScalarMath.sineAndCosine(Double(description.wall.azimuth))
        wallDirection = Vector(Float(cosine), Float(sine), 0)
        wallDistance = description.wall.distance
    }

    /// What a ray from the camera meets first, and how deep.
    ///
    /// - Parameter direction: As `Camera.direction` gives it.
    /// - Returns: The surface, and its depth along the camera's axis.
    @inline(__always)
    func trace(_ direction: Vector) -> (surface: Surface, depth: Float) {
        var (surface, depth) = backdrop(direction)
        for index in 0..<objects.count {
            if let t = objects[index].meet(camera.position, direction, limit: depth) {
                (surface, depth) = (.object(index), t)
            }
        }
        return (surface, depth)
    }

    /// Whether something is before `depth` on a ray from the camera.
    ///
    /// - Parameters:
    ///   - direction: Towards a point of `surface`, of length 1 along the camera's axis.
    ///   - depth: Of the point.
    ///   - surface: What the point belongs to.
    /// - Returns: True if the point is not seen.
    @inline(__always)
    func isHidden(_ direction: Vector, _ depth: Float, of surface: Surface) -> Bool {
        let limit = depth * (1 - 1e-4) - 1e-4
        if case .object = surface {
            // Ground and wall may be before it where it reaches through them.
            if backdrop(direction).depth < limit { return true }
        }
        for index in 0..<objects.count
        where objects[index].meet(camera.position, direction, limit: limit) != nil {
            return true
        }
        return false
    }

    @inline(__always)
    private func backdrop(_ direction: Vector) -> (surface: Surface, depth: Float) {
        var surface = Surface.sky
        var depth = Self.farDepth
        let down = -direction.z * depth
        if down > camera.position.z {
            (surface, depth) = (.ground, -camera.position.z / direction.z)
        }
        if hasWall {
            let approach = dot(direction, wallDirection)
            let gap = wallDistance - dot(camera.position, wallDirection)
            // Only from within the room.
            if gap > 0, approach * depth > gap { (surface, depth) = (.wall, gap / approach) }
        }
        return (surface, depth)
    }

    /// How much of a light reaches a point, with soft edges of shadows.
    ///
    /// - Parameters:
    ///   - point: On a surface, a little in front of it.
    ///   - towards: Unit vector to the light.
    ///   - sharpness: The light's distance over its size.
    ///   - start: Where to begin, so that a surface does not shade itself.
    /// - Returns: From 0, none, to 1.
    @inline(__always)
    func light(_ point: Vector, _ towards: Vector, sharpness: Float, start: Float) -> Float {
        var light: Float = 1
        for index in 0..<objects.count {
            let object = objects[index]
            let approach = dot(object.origin - point, towards)
            guard approach > -object.size else { continue }
            // The half shadow is as wide as the way from the object, over the sharpness; a little
            // more, since distances may be told too small.
            let margin = 1.25 * max(approach, 0) / sharpness
            guard
                let span = object.span(point, towards, radius: object.size * 1.1 + margin),
                span.far > start
            else { continue }
            var t = max(span.near, start)
            var nearest: Float = 1
            for _ in 0..<40 {
                let distance = object.distance(point + towards * t)
                nearest = min(nearest, sharpness * distance / t)
                guard nearest > 0.004 else { break }
                t += max(distance, 0.015)
                guard t < span.far else { break }
            }
            let share = clamped(nearest)
            light *= share * share * (3 - 2 * share)
            guard light > 0.004 else { return 0 }
        }
        return light
    }

    /// How open the world is above a point of the ground or wall, 0 to 1: objects near it take
    /// light away.
    @inline(__always)
    func openness(_ point: Vector, _ normal: Vector) -> Float {
        var openness: Float = 1
        for index in 0..<objects.count {
            let object = objects[index]
            let offset = object.origin - point
            let reach = object.size + 0.9
            guard dot(offset, offset) < reach * reach else { continue }
            var taken: Float = 0
            var height: Float = 0.09
            var weight: Float = 0.5
            for _ in 0..<3 {
                let distance = object.distance(point + normal * height)
                taken += weight * max(height - distance, 0) / height
                height *= 2.4
                weight *= 0.6
            }
            openness *= 1 - 0.85 * min(taken, 1)
        }
        return openness
    }
}
