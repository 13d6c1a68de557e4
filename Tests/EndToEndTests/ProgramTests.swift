import Foundation
import TestSupport
import Testing

struct ProgramTests {
    @Test func `the version is a version`() throws {
        let outcome = try Program.run(["--version"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let parts = outcome.output.trimmingCharacters(in: .newlines).split(separator: ".")
        #expect(parts.count == 3 && parts.allSatisfy { Int($0) != nil })
    }

    @Test(arguments: [["--help"], ["model", "--help"], ["doctor", "--help"]])
    func `help goes to standard output`(arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        #expect(outcome.output.contains("USAGE: weft"))
    }

    @Test(arguments: [
        ["--no-such-flag"], ["no-such-command"], ["model", "inspect"], ["doctor", "extra"],
        ["model", "check", "--variant"],
    ])
    func `wrong usage has its own status and says what is wrong`(arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("Error: "))
    }

    @Test func `a program that starts slowly is a program that is not used`() throws {
        let clock = ContinuousClock()
        let times = try (0..<5).map { _ in
            try clock.measure { _ = try Program.run(["--version"]) }
        }
        // The promise is well under a second; the bound leaves room for a loaded machine.
        #expect(try #require(times.min()) < .seconds(1))
    }
}
