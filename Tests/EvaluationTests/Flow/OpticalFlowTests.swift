import Evaluation
import Pipelines
import Testing

struct OpticalFlowTests {
    /// The mean distance from a steady flow, over the points that stay in the picture.
    private func error(_ masked: MaskedFlow, x: Float, y: Float) -> (mean: Double, seen: Double) {
        var (sum, count, seen) = (0.0, 0, 0)
        let flow = masked.flow
        for row in 0..<flow.height {
            for column in 0..<flow.width {
                let place = row * flow.width + column
                let (toX, toY) = (Float(column) + x, Float(row) + y)
                guard toX >= 0, toY >= 0, toX <= Float(flow.width - 1),
                    toY <= Float(flow.height - 1)
                else { continue }
                count += 1
                guard masked.isSeen[place] else { continue }
                seen += 1
                let (u, v) = (flow.u[place] - x, flow.v[place] - y)
                sum += Double((u * u + v * v).squareRoot())
            }
        }
        return (sum / Double(max(1, seen)), Double(seen) / Double(count))
    }

    @Test(arguments: [(0, 0), (1, 0), (3, -2), (-5, 4), (9, 7)])
    func `the flow of a steady pan is the pan`(x: Int, y: Int) throws {
        let clip = TestClips.pan(2, width: 96, height: 72, x: x, y: y)
        let masked = OpticalFlow.masked(
            from: GreyPlane(clip, frame: 0),
            to: GreyPlane(clip, frame: 1)
        )
        let (mean, seen) = error(masked, x: Float(x), y: Float(y))
        #expect(mean < 0.03, "\(mean) pixels")
        #expect(seen > 0.95, "\(seen)")
        let warp = try #require(WarpError(clip, [masked]))
        #expect(warp.mean < 2e-5, "\(warp.mean)")
    }

    @Test func `a large picture is measured smaller and its flow enlarged`() {
        let clip = TestClips.pan(2, width: 544, height: 64, x: 6, y: 2)
        let masked = OpticalFlow.masked(
            from: GreyPlane(clip, frame: 0),
            to: GreyPlane(clip, frame: 1)
        )
        let (mean, seen) = error(masked, x: 6, y: 2)
        #expect(mean < 0.1, "\(mean) pixels")
        #expect(seen > 0.9)
    }

    @Test func `pictures that have nothing in common are hardly trusted`() {
        let clip = TestClips.noise(2, width: 64, height: 48, seed: 9)
        let masked = OpticalFlow.masked(
            from: GreyPlane(clip, frame: 0),
            to: GreyPlane(clip, frame: 1)
        )
        let seen = masked.isSeen.filter { $0 }.count
        #expect(seen < 64 * 48 * 6 / 10, "\(seen)")
    }

    @Test func `a flat picture does not move and one of a pixel neither`() {
        for (width, height) in [(40, 30), (1, 1), (3, 50)] {
            let clip = TestClips.clip(2, width: width, height: height) { _, _, _ in 90 }
            let flow = OpticalFlow.flow(
                from: GreyPlane(clip, frame: 0),
                to: GreyPlane(clip, frame: 1)
            )
            #expect(flow.meanLength == 0)
        }
    }
}
