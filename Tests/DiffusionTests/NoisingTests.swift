import Diffusion
import Tensors
import TestSupport
import Testing

struct NoisingTests {
    @Test(arguments: [0, 0.1, 0.5, 0.999, 1])
    func keepsVariance(alphaBar: Double) {
        let level = Noising(alphaBar: alphaBar)
        #expect(abs(level.signal * level.signal + level.noise * level.noise - 1) < 1e-12)
        #expect(abs(level.signal * level.signal - alphaBar) < 1e-12)
    }

    @Test func endsAreTheCleanLatentAndTheNoise() {
        let clean = randomTensor([2, 3], seed: 1)
        let noise = randomTensor([2, 3], seed: 2)
        #expect(Noising(alphaBar: 1)(clean, noise: noise) == clean)
        #expect(Noising(alphaBar: 0)(clean, noise: noise) == noise)
    }

    @Test func deviceNoisesAlike() throws {
        let backend = CPUBackend()
        let clean = randomTensor([2, 3, 5, 4], seed: 1)
        let noise = randomTensor([2, 3, 5, 4], seed: 2)
        let level = Noising(alphaBar: 0.3)
        let found = try level(backend.upload(clean), noise: backend.upload(noise)).download()
        #expect(nmse(found, level(clean, noise: noise)) < 1e-12)
    }
}
