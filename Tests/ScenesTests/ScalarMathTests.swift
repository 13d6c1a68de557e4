import Glibc
import Scenes
import Testing

struct ScalarMathTests {
    @Test func `sines and cosines are those of the C library`() {
        for step in -4000...4000 {
            let angle = Double(step) * 0.0371 + Double(step * step) * 0.01
            let (sine, cosine) = ScalarMath.sineAndCosine(angle)
            #expect(abs(sine - sin(angle)) < 1e-11, "sin \(angle)")
            #expect(abs(cosine - cos(angle)) < 1e-11, "cos \(angle)")
        }
        let quarter = ScalarMath.sineAndCosine(.pi / 2)
        #expect(quarter.sine == 1 && abs(quarter.cosine) < 1e-15)
    }

    @Test func `powers and logarithms are those of the C library`() {
        for step in 1...2000 {
            let number = Double(step) * 0.0137
            #expect(abs(ScalarMath.log2(number) - log2(number)) < 1e-13, "log2 \(number)")
            let ratio = ScalarMath.exp2(number - 9) / exp2(number - 9)
            #expect(abs(ratio - 1) < 1e-13, "exp2 \(number - 9)")
            let power = ScalarMath.power(number, 1 / 2.4) / pow(number, 1 / 2.4)
            #expect(abs(power - 1) < 1e-13, "\(number) to the power of 1/2.4")
        }
        #expect(ScalarMath.exp2(-3) == 0.125 && ScalarMath.log2(8) == 3)
    }
}
