import Scenes
import Testing

struct CameraTests {
    private let camera = Camera(
        at: Vector(4, -3, 5),
        towards: Vector(0.2, 0.1, 0.5),
        roll: 0.2,
        tangent: 0.4,
        width: 96,
        height: 64
    )

    @Test func `a ray's point is seen where the ray went out, at the ray's own length`() {
        for row in stride(from: Float(0), through: 64, by: 8) {
            for column in stride(from: Float(0), through: 96, by: 8) {
                let point = camera.position + camera.direction(column, row) * 7.5
                let seen = camera.project(point)
                #expect(abs(seen.x - column) < 1e-3 && abs(seen.y - row) < 1e-3)
                #expect(abs(seen.depth - 7.5) < 1e-5)
            }
        }
    }

    @Test func `the target is in the middle and the axes are upright`() {
        let target = camera.project(Vector(0.2, 0.1, 0.5))
        #expect(abs(target.x - 48) < 1e-3 && abs(target.y - 32) < 1e-3)
        // Without roll, what is higher is higher in the picture and x goes to the right.
        let level = Camera(
            at: Vector(0, -5, 1),
            towards: Vector(0, 0, 1),
            roll: 0,
            tangent: 0.5,
            width: 64,
            height: 64
        )
        #expect(level.project(Vector(0, 0, 2)).y < 32)
        #expect(level.project(Vector(1, 0, 1)).x > 32)
        // Half the angle of view reaches the edge of the shorter side.
        #expect(abs(level.project(Vector(2.5, 0, 1)).x - 64) < 1e-3)
    }
}
