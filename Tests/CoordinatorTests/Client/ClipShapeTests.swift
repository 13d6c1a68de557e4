import Coordinator
import FFmpeg
import Testing

struct ClipShapeTests {
    private func aspect(_ width: Int, _ height: Int, _ pixel: Rational, turned degrees: Int)
        -> Double
    {
        ClipShape.aspect(
            storedWidth: width,
            storedHeight: height,
            pixelAspect: pixel,
            rotationDegrees: degrees
        )
    }

    @Test func `a clip's shape has its rotation and the shape of its pixels`() {
        #expect(aspect(720, 480, Rational(1), turned: 0) == 1.5)
        #expect(aspect(720, 480, Rational(1), turned: 180) == 1.5)
        #expect(aspect(720, 480, Rational(1), turned: 90) == 1 / 1.5)
        #expect(abs(aspect(720, 576, Rational(64, 45), turned: 0) - 16.0 / 9) < 1e-12)
        #expect(abs(aspect(720, 576, Rational(64, 45), turned: 270) - 9.0 / 16) < 1e-12)
    }
}
