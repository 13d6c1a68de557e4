import Coordinator
import FFmpeg
import Testing

struct TimeTextTests {
    @Test(arguments: [
        ("0", Rational.zero), ("12", Rational(12)), ("12.5", Rational(25, 2)),
        ("250/30", Rational(25, 3)), ("1:02", Rational(62)), ("1:02:03.5", Rational(7447, 2)),
        ("90:00", Rational(5400)), ("0.001", Rational(1, 1000)),
    ])
    func `times are read exactly`(text: String, seconds: Rational) {
        #expect(TimeText.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "-1", "1:60", "1:2:3:4", "1:-2", "1.2.3", "1/0", "a", "1e3", ".5", "5.", " 1", "1:",
        "99999999999999999999", "1:99:00", "nan", "inf", "+1",
    ])
    func `what is no time is refused`(text: String) {
        #expect(TimeText.seconds(text) == nil)
    }

    @Test func `rates are numbers or quotients`() {
        #expect(TimeText.number("30000/1001") == Rational(30000, 1001))
        #expect(TimeText.number("29.97") == Rational(2997, 100))
        #expect(TimeText.number("25") == Rational(25))
    }

    @Test func `lengths are written as clocks show them`() {
        #expect(TimeText.clock(0) == "0:00")
        #expect(TimeText.clock(7.4) == "0:07")
        #expect(TimeText.clock(59.6) == "1:00")
        #expect(TimeText.clock(754) == "12:34")
        #expect(TimeText.clock(3723) == "1:02:03")
        #expect(TimeText.clock(.infinity) == "ages")
    }

    @Test func `whole seconds survive writing and reading`() {
        for seconds in [0, 1, 59, 60, 61, 3599, 3600, 86399, 360_000] {
            let text = TimeText.clock(Double(seconds))
            #expect(TimeText.seconds(text) == Rational(Int64(seconds)), "\(text)")
        }
    }
}
