import Scenes
import TestSupport
import Testing

struct PosedObjectTests {
    private static func object(
        _ shape: SceneShape,
        isLying: Bool = false,
        motion: ObjectMotion = .still
    ) -> SceneObject {
        var object = SceneDescription(seed: 1).objects[0]
        object.shape = shape
        object.size = 0.8
        object.place = SIMD2(0.3, -0.2)
        object.heading = 0.7
        object.isLying = isLying
        object.motion = motion
        return object
    }

    /// Rays from a sphere of radius 6 towards the object's surroundings.
    private static let rays: [(start: Vector, direction: Vector)] = {
        var generator = SeededGenerator(seed: 9)
        func draw() -> Vector {
            Vector(
                .random(in: -1...1, using: &generator),
                .random(in: -1...1, using: &generator),
                .random(in: -1...1, using: &generator)
            )
        }
        return (0..<3000).map { _ in
            let away = draw()
            let start = away * (6 / (away * away).sum().squareRoot())
            return (start, (Vector(0.3, -0.2, 0.6) + draw() * 0.7 - start) * 0.3)
        }
    }()

    /// The first root of a sphere's equation in float64.
    private static func sphere(_ start: Vector, _ direction: Vector, _ centre: Vector) -> Double? {
        let offset = SIMD3<Double>(start) - SIMD3<Double>(centre)
        let d = SIMD3<Double>(direction)
        let radius = Double(0.8 * ShapeSizes.sphere)
        let (a, b) = ((d * d).sum(), (offset * d).sum())
        let discriminant = b * b - a * ((offset * offset).sum() - radius * radius)
        // Rays that only just touch, below three degrees, are another test's.
        guard discriminant > a * radius * radius * 0.0025 else { return nil }
        return (-b - discriminant.squareRoot()) / a
    }

    @Test func `a ray meets a sphere where the quadratic equation says`() {
        let posed = PosedObject(Self.object(.sphere), seconds: 0)
        var count = 0
        var worst = 0.0
        for (start, direction) in Self.rays {
            guard let expected = Self.sphere(start, direction, posed.origin) else { continue }
            let found = Double(posed.meet(start, direction, limit: 100) ?? 0)
            worst = max(worst, abs(found - expected))
            count += 1
        }
        #expect(worst < 1e-5)
        #expect(count > 500)
    }

    @Test(arguments: SceneShape.allCases)
    func `where a ray meets a shape its distance is 0 and before it is not`(shape: SceneShape) {
        let posed = PosedObject(Self.object(shape, isLying: true), seconds: 0)
        var count = 0
        var worst: Float = 0
        for (start, direction) in Self.rays {
            guard let t = posed.meet(start, direction, limit: 100) else { continue }
            count += 1
            worst = max(worst, abs(posed.distance(start + direction * t)))
            let isClear = stride(from: Float(0.05), to: 0.99, by: 0.05).allSatisfy { share in
                posed.distance(start + direction * (t * share)) > 0
            }
            #expect(isClear, "\(shape.rawValue): something is before \(t)")
            #expect(posed.meet(start, direction, limit: t * 0.99) == nil)
        }
        #expect(worst < 3e-5, "\(shape.rawValue): \(worst) from the surface")
        #expect(count > 100)
    }

    @Test func `the object's own coordinates and the world's are each other's inverse`() {
        let posed = PosedObject(Self.object(.torus, isLying: true), seconds: 1)
        for (start, _) in Self.rays.prefix(200) {
            let back = posed.world(posed.local(start)) - start
            #expect((back * back).sum().squareRoot() < 1e-5)
        }
    }

    @Test(arguments: [SceneShape.sphere, .cylinder, .capsule, .torus])
    func `what rolls does not slip`(shape: SceneShape) {
        let motion = ObjectMotion(kind: .rolling, period: 4, phase: 0.1, reach: 0.5)
        let object = Self.object(shape, isLying: true, motion: motion)
        let step = 1e-3
        let now = PosedObject(object, seconds: 2)
        let soon = PosedObject(object, seconds: 2 + step)
        let way = soon.origin - now.origin
        #expect((way * way).sum().squareRoot() > 1e-4)
        // The point of the object that touches the ground stands still.
        var contact = now.origin
        contact.z = 0
        let moved = soon.world(now.local(contact)) - contact
        #expect((moved * moved).sum().squareRoot() < 2e-6)
    }

    @Test(arguments: ObjectMotion.Kind.allCases, SceneShape.allCases)
    func `motion keeps an object on or above the ground`(
        kind: ObjectMotion.Kind,
        shape: SceneShape
    ) {
        let motion = ObjectMotion(kind: kind, period: 3, phase: 0.3, reach: 0.4)
        let object = Self.object(shape, motion: motion)
        let rest = object.size * shape.restingHeight(isLying: false)
        for frame in 0..<60 {
            let posed = PosedObject(object, seconds: Double(frame) / 13)
            #expect(posed.origin.z >= rest - 1e-6)
            if kind != .hopping { #expect(posed.origin.z == rest) }
            if kind == .still { #expect(posed == PosedObject(object, seconds: 0)) }
        }
    }
}
