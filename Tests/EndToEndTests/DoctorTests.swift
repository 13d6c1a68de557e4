import Tensors
import TestSupport
import Testing

struct DoctorTests {
    @Test func `the report names the libraries and the machine`() throws {
        let outcome = try Program.run(["doctor"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let words = ["weft 0.", "libzmq 4.", "libavcodec ", "openblas ", "kernels: ", "memory: "]
        for word in words {
            #expect(outcome.output.contains(word), "\(word)")
        }
    }

    @Test func `the same report for machines`() throws {
        let outcome = try Program.run(["doctor", "--json"])
        #expect(outcome.status == 0)
        guard case .object(let report) = try JSONValue.parse(Array(outcome.output.utf8)),
            case .object(let kernels) = report["kernels"],
            case .object(let processor) = report["processor"]
        else {
            Issue.record("no report in \(outcome.output)")
            return
        }
        #expect(kernels["chosen"] == .string(KernelVersion.best.rawValue))
        guard case .integer(let cores) = processor["cores"] else {
            Issue.record("no cores in \(processor)")
            return
        }
        #expect(cores >= 1)
    }
}
