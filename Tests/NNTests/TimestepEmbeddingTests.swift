import Glibc
import NN
import Tensors
import TestSupport
import Testing

struct TimestepEmbeddingTests {
    @Test(arguments: [true, false], [Float(0), 1])
    func `halves hold sines and cosines of falling frequencies`(
        isCosineFirst: Bool,
        shift: Float
    ) {
        let timesteps: [Float] = [0, 1, 17.5, 999]
        let found = timestepEmbedding(
            timesteps,
            channels: 8,
            isCosineFirst: isCosineFirst,
            shift: shift
        )
        let expected = timesteps.flatMap { timestep -> [Float] in
            let angles = (0..<4).map { index in
                Double(timestep) * pow(10000, -Double(index) / (4 - Double(shift)))
            }
            let (sines, cosines) = (angles.map { Float(sin($0)) }, angles.map { Float(cos($0)) })
            return isCosineFirst ? cosines + sines : sines + cosines
        }
        #expect(found.shape == [4, 8])
        // Angles are float32 as in the reference, which shows at large timesteps.
        #expect(nmse(found.values, expected) < 1e-8)
    }
}
