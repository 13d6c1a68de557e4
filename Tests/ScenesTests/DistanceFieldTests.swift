import Scenes
import TestSupport
import Testing

struct DistanceFieldTests {
    /// Points in the cube from -1.5 to 1.5.
    private static let points: [Vector] = {
        var generator = SeededGenerator(seed: 5)
        return (0..<4000).map { _ in
            Vector(
                .random(in: -1.5...1.5, using: &generator),
                .random(in: -1.5...1.5, using: &generator),
                .random(in: -1.5...1.5, using: &generator)
            )
        }
    }()

    @Test(arguments: SceneShape.allCases)
    func `no step of a ray's march leads through the surface`(shape: SceneShape) {
        // What a march needs: from outside, nothing of the shape is within the distance.
        var deepest: Float = 0
        for (index, p) in Self.points.enumerated() {
            let distance = DistanceField.distance(shape, p)
            guard distance > 0 else { continue }
            for other in Self.points.dropFirst(index + 1).prefix(40) {
                let offset = other - p
                let length = (offset * offset).sum().squareRoot()
                let near = p + offset * (min(length, distance * 0.98) / length)
                deepest = min(deepest, DistanceField.distance(shape, near))
            }
        }
        #expect(deepest > -1e-4, "\(shape.rawValue): a step from outside ends \(deepest) inside")
    }

    @Test(arguments: SceneShape.allCases)
    func `a shape of size 1 lies within 1 of its origin`(shape: SceneShape) {
        #expect(Self.points.contains { DistanceField.distance(shape, $0) < -0.05 })
        let outside = Self.points.filter { ($0 * $0).sum() > 1 }
        #expect(outside.allSatisfy { DistanceField.distance(shape, $0) > 0 }, "\(shape.rawValue)")
    }

    @Test(arguments: SceneShape.allCases, [false, true])
    func `a shape touches the ground that it rests on`(shape: SceneShape, lies: Bool) {
        guard !lies || shape.canLie else { return }
        // The lowest point, on a grid of columns: on its side the own y axis is down.
        var lowest: Float = 2
        for i in -40...40 {
            for j in -40...40 {
                let (u, v) = (Float(i) / 40, Float(j) / 40)
                var height: Float = -1.2
                while height < 0.5 {
                    let p = lies ? Vector(u, height, v) : Vector(u, v, height)
                    let distance = DistanceField.distance(shape, p)
                    if distance < 1e-4 { break }
                    height += distance
                }
                if height < 0.5 { lowest = min(lowest, height) }
            }
        }
        let expected = -shape.restingHeight(isLying: lies)
        // The feet of animals are round: a little of them may be in the ground.
        #expect(abs(lowest - expected) < 0.035, "\(shape.rawValue): \(lowest), not \(expected)")
    }

    @Test(arguments: SceneShape.allCases)
    func `normals are unit vectors out of the shape`(shape: SceneShape) {
        for p in Self.points where abs(DistanceField.distance(shape, p)) < 0.03 {
            let normal = DistanceField.normal(shape, p)
            #expect(abs((normal * normal).sum() - 1) < 1e-4)
            let out = DistanceField.distance(shape, p + normal * 0.02)
            #expect(out > DistanceField.distance(shape, p), "\(shape.rawValue) at \(p)")
        }
    }
}
