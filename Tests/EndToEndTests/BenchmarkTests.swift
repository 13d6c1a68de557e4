import Tensors
import TestSupport
import Testing

/// Every benchmark has to be able to run; its numbers are of no interest here.
struct BenchmarkTests {
    @Test func `names are listed and one of them runs`() throws {
        let list = try Program.run(["benchmark", "--list"])
        #expect(list.status == 0)
        let names = list.output.split(separator: "\n").map(String.init)
        #expect(names.count > 10)
        let name = try #require(names.first { $0.contains("layer") })
        let outcome = try Program.run([
            "benchmark", name, "--repetitions", "1", "--threads", "1", "--json",
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        guard case .object = try JSONValue.parse(Array(outcome.output.utf8)) else {
            Issue.record("no report in \(outcome.output)")
            return
        }
    }

    @Test func `a name that no benchmark has is wrong usage`() throws {
        let outcome = try Program.run(["benchmark", "no-such-operation"])
        #expect(outcome.status == 64)
    }
}
