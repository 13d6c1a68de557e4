import TestSupport
import Testing

struct SimulateTests {
    /// Processes order their dictionaries differently; a run that depends on it shows here.
    @Test func `a seed gives the same run in every process`() throws {
        let arguments = ["simulate", "--seed", "11", "--count", "3", "--log"]
        let first = try Program.run(arguments)
        let second = try Program.run(arguments)
        #expect(first.status == 0 && first.errors.isEmpty)
        #expect(first.output == second.output)
        #expect(first.output.split(separator: "\n").count > 300)
    }

    @Test func `no run at all is a mistake of the caller`() throws {
        let outcome = try Program.run(["simulate", "--seed", "11", "--count", "0"])
        #expect(outcome.status == 64)
        #expect(outcome.errors == "weft: count 0: expected 1 or more seeds within 64 bits\n")
    }
}
