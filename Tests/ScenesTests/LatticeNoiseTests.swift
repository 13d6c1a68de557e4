import Scenes
import Testing

struct LatticeNoiseTests {
    private let noise = LatticeNoise(seed: 7)

    @Test func `derivatives are the slopes of the value`() {
        let h: Float = 1e-2
        for step in 0..<300 {
            let p = Vector(Float(step) * 0.37 - 50, Float(step) * -0.21 + 9, Float(step) * 0.113)
            let plane = noise(p.x, p.y)
            let slopeX = (noise(p.x + h, p.y).x - noise(p.x - h, p.y).x) / (2 * h)
            let slopeY = (noise(p.x, p.y + h).x - noise(p.x, p.y - h).x) / (2 * h)
            #expect(abs(plane.y - slopeX) < 0.02 && abs(plane.z - slopeY) < 0.02, "\(p)")
            let space = noise(p)
            for axis in 0..<3 {
                var (above, below) = (p, p)
                above[axis] += h
                below[axis] -= h
                let slope = (noise(above).w - noise(below).w) / (2 * h)
                #expect(abs(space[axis] - slope) < 0.02, "\(p), axis \(axis)")
            }
        }
    }

    @Test func `values spread between -1 and 1 around 0`() {
        var sum: Float = 0
        var (low, high): (Float, Float) = (1, -1)
        for step in 0..<20_000 {
            let value = noise.cell(Int32(step % 151), Int32(step / 151) - 60, Int32(step % 7))
            sum += value
            (low, high) = (min(low, value), max(high, value))
        }
        #expect(abs(sum / 20_000) < 0.02)
        #expect(low >= -1 && low < -0.99 && high < 1 && high > 0.99)
        #expect(noise.cell(3, 4) != LatticeNoise(seed: 8).cell(3, 4))
    }

    @Test func `octaves finer than a pixel are left out`() {
        for step in 0..<100 {
            let (x, y) = (Float(step) * 0.71, Float(step) * -0.29)
            let p = Vector(x, y, x - y)
            // Spacings are 1, ½, ¼ …: with pixels of ½ only the first is left.
            #expect(noise.octaves(x, y, count: 6, footprint: 0.5) == noise(x, y))
            #expect(noise.octaves(x, y, count: 6, footprint: 1) == .zero)
            #expect(noise.octaves(p, count: 6, footprint: 0.5) == noise(p))
            #expect(noise.octaves(p, count: 6, footprint: 1) == .zero)
        }
    }
}
