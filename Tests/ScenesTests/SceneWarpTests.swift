import Scenes
import Testing

/// Flow against the pictures themselves: where the flow says a point went, it is.
struct SceneWarpTests {
    private static let size = 64

    private static func clip(_ seed: UInt64, scale: Int = 1) -> SceneClip {
        SceneClip(
            seed: seed,
            SceneSettings(
                width: size * scale,
                height: size * scale,
                framesPerSecond: 24,
                look: .albedo,
                hasNoise: false,
                isSmooth: false,
                softness: Float(scale)
            )
        )
    }

    @Test func `the next frame has the same colour where the flow leads`() {
        // Colours at exact places, so that nothing is interpolated.
        var (count, off) = (0, 0)
        var sum: Float = 0
        for seed: UInt64 in 0..<12 {
            let clip = Self.clip(seed)
            let frame = clip.frame(7)
            for place in stride(from: 0, to: Self.size * Self.size, by: 3)
            where frame.visibility[place] == 1 {
                let (x, y) = (Float(place % Self.size) + 0.5, Float(place / Self.size) + 0.5)
                let here = clip.levels(x: x, y: y, frame: 7)
                let there = clip.levels(
                    x: x + frame.flow[2 * place],
                    y: y + frame.flow[2 * place + 1],
                    frame: 8
                )
                let steps = here - there
                let difference = max(abs(steps.x), max(abs(steps.y), abs(steps.z)))
                count += 1
                sum += difference
                if difference > 1 { off += 1 }
            }
        }
        #expect(count > 10_000)
        // Rays that graze an outline may miss it in one frame and meet it in the other.
        #expect(Double(off) < 0.0005 * Double(count), "\(off) of \(count)")
        #expect(sum / Float(count) < 0.1, "\(sum / Float(count)) in the mean")
    }

    @Test func `warping the next frame gives this one to within a grey level`() {
        // Sampled eight times as densely, so that what lies between pixels is the picture's own;
        // what is compared are bytes, each rounded.
        let scale = 8
        var differences: [Float] = []
        for seed: UInt64 in 20..<26 {
            let frame = Self.clip(seed).frame(3)
            let next = Self.clip(seed, scale: scale).frame(4, .picture)
            for row in 1..<Self.size - 1 {
                for column in 1..<Self.size - 1 {
                    let place = row * Self.size + column
                    guard frame.visibility[place] == 1 else { continue }
                    let x = (Float(column) + 0.5 + frame.flow[2 * place]) * Float(scale) - 0.5
                    let y = (Float(row) + 0.5 + frame.flow[2 * place + 1]) * Float(scale) - 0.5
                    guard
                        let levels = Self.interpolate(next, x, y, of: frame.surfaces[place])
                    else { continue }
                    for channel in 0..<3 {
                        let level = Float(frame.pixels[3 * place + channel])
                        differences.append(abs(levels[channel] - level))
                    }
                }
            }
        }
        differences.sort()
        let mean = differences.reduce(0, +) / Float(differences.count)
        let share = Double(differences.count { $0 <= 1 }) / Double(differences.count)
        #expect(differences.count > 40_000)
        #expect(mean < 0.25, "\(mean)")
        #expect(share > 0.985, "\(share) within one level")
    }

    /// Between the four nearest pixels; nil at an outline, where they show different things.
    private static func interpolate(
        _ frame: SceneFrame,
        _ x: Float,
        _ y: Float,
        of surface: UInt8
    ) -> Vector? {
        let (column, row) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
        guard column >= 0, row >= 0, column + 1 < frame.width, row + 1 < frame.height else {
            return nil
        }
        let (u, v) = (x - Float(column), y - Float(row))
        var sum = Vector.zero
        for (dy, weightY) in [(0, 1 - v), (1, v)] {
            for (dx, weightX) in [(0, 1 - u), (1, u)] {
                let place = (row + dy) * frame.width + column + dx
                guard frame.surfaces[place] == surface else { return nil }
                let levels = Vector(
                    Float(frame.pixels[3 * place]),
                    Float(frame.pixels[3 * place + 1]),
                    Float(frame.pixels[3 * place + 2])
                )
                sum += levels * (weightX * weightY)
            }
        }
        return sum
    }

    @Test func `what moves behind something is not visible`() {
        // A sphere before the camera that slides: pixels of the ground it will cover are hidden.
        var hidden = 0
        for seed: UInt64 in 0..<20 {
            let choices = SceneChoices(shape: .sphere, motion: .sliding, objectCount: 1)
            let settings = SceneSettings(width: 64, height: 64, framesPerSecond: 4)
            let clip = SceneClip(seed: seed, settings, choices: choices)
            let (frame, next) = (clip.frame(1), clip.frame(2))
            for place in frame.surfaces.indices where frame.surfaces[place] == 0 {
                let x = Float(place % 64) + 0.5 + frame.flow[2 * place]
                let y = Float(place / 64) + 0.5 + frame.flow[2 * place + 1]
                guard x >= 1, y >= 1, x < 63, y < 63 else { continue }
                let (column, row) = (Int(x - 0.5), Int(y - 0.5))
                // All four neighbours in the next frame say the same.
                let around = [(0, 0), (1, 0), (0, 1), (1, 1)].map { dx, dy in
                    next.surfaces[(row + dy) * 64 + column + dx]
                }
                if around.allSatisfy({ $0 == 1 }) {
                    #expect(frame.visibility[place] == 0)
                    hidden += 1
                } else if around.allSatisfy({ $0 == 0 }) {
                    #expect(frame.visibility[place] == 1)
                }
            }
        }
        #expect(hidden > 100)
    }
}
