import FFmpeg
import TestSupport
import Testing

struct RationalTests {
    @Test func `fractions are kept in lowest terms with the sign above`() {
        #expect(Rational(6, 4) == Rational(3, 2))
        #expect(Rational(1, -2) == Rational(-1, 2))
        #expect(Rational(0, 7) == .zero && Rational(0, 7).denominator == 1)
        #expect(Rational(-6, -4).description == "3/2")
        #expect(Rational(10, 5).description == "2")
    }

    @Test(arguments: UInt64(0)..<10)
    func `arithmetic obeys the laws of a field`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func draw() -> Rational {
            Rational(
                Int64.random(in: -3000...3000, using: &generator),
                Int64.random(in: 1...3000, using: &generator)
            )
        }
        for _ in 0..<200 {
            let (a, b, c) = (draw(), draw(), draw())
            #expect(a + b == b + a && (a + b) + c == a + (b + c))
            #expect(a * (b + c) == a * b + a * c)
            #expect(a - a == .zero && a + -a == .zero)
            if b != .zero { #expect(a / b * b == a) }
            #expect((a < b) == (b - a > .zero))
            #expect(abs((a + b).double - (a.double + b.double)) < 1e-9)
        }
    }

    @Test func `an hour of television frames adds up exactly`() {
        let frame = Rational(1001, 30000)
        let sum = (0..<107_892).reduce(Rational.zero) { sum, _ in sum + frame }
        #expect(sum == Rational(107_892 * 1001, 30000))
        #expect(sum.count(of: Rational(1, 90000)) == 107_892 * 3003)
    }

    @Test(arguments: [
        (7, 2, 4), (-7, 2, -4), (1, 3, 0), (2, 3, 1), (-1, 3, 0), (5, 1, 5), (1, 2, 1),
    ])
    func `halves round away from zero`(numerator: Int64, denominator: Int64, expected: Int64) {
        #expect(Rational(numerator, denominator).rounded == expected)
    }

    @Test func `a length that no file can have is no number`() {
        #expect(Rational(ticks: Int64.max, of: Rational(1001, 2)) == nil)
        #expect(Rational(ticks: Int64.max, of: Rational(1, 90000)) != nil)
        #expect(Rational(Int64.min, 1) < Rational(Int64.max, 1))
    }

    @Test func `a fraction over zero is a programmer's error`() async {
        await #expect(processExitsWith: .failure) { _ = Rational(1, 0) }
    }

    @Test func `a sum with too many digits is a programmer's error`() async {
        await #expect(processExitsWith: .failure) { _ = Rational(Int64.max) + Rational(1) }
    }
}
