import Evaluation
import Pipelines
import Testing

struct DetailEnergyTests {
    private func blurred(_ clip: Pictures) -> Pictures {
        TestClips.clip(clip.count, width: clip.width, height: clip.height) { frame, x, y in
            var sum: Float = 0
            for row in [max(0, y - 1), y, min(clip.height - 1, y + 1)] {
                for column in [max(0, x - 1), x, min(clip.width - 1, x + 1)] {
                    let place = (frame * clip.height + row) * clip.width + column
                    sum += Float(clip.bytes[place * 3])
                }
            }
            return sum / 9
        }
    }

    @Test func `blur lowers it, and more blur lowers it more`() {
        let sharp = TestClips.pan(2, x: 1, y: 0)
        let soft = blurred(sharp)
        let energies = [sharp, soft, blurred(soft)].map { DetailEnergy($0).mean }
        #expect(energies[0] > 1.3 * energies[1] && energies[1] > energies[2], "\(energies)")
    }

    @Test func `flat pictures and ramps have none, white noise twenty times its variance`() {
        #expect(DetailEnergy(TestClips.clip(1) { _, _, _ in 9 }).mean < 1e-10)
        #expect(DetailEnergy(TestClips.clip(1) { _, x, y in Float(2 * x + 3 * y) }).mean < 1e-10)
        let noise = DetailEnergy(TestClips.noise(4, width: 64, height: 64, seed: 2)).mean
        // Uniform on 0 to 1: variance 1/12; the Laplacian's squares sum to 16 + 4.
        #expect(abs(noise - 20.0 / 12) < 0.1, "\(noise)")
    }

    @Test func `pictures without an inside have none`() {
        #expect(DetailEnergy(TestClips.noise(1, width: 2, height: 9, seed: 1)).mean == 0)
    }
}
