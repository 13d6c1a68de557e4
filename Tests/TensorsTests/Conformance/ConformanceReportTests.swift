import Tensors
import Testing

struct ConformanceReportTests {
    @Test func `a device that conforms passes every operation of the suite`() throws {
        let report = try ConformanceReport(of: CPUBackend())
        #expect(report.isPassed)
        #expect(report.operations.map(\.cases).reduce(0, +) == ConformanceSuite.cases.count)
        #expect(report.operations.contains { $0.name == "attention" && $0.worst > 0 })
        #expect(report.operations.allSatisfy { $0.skipped == 0 })
    }

    @Test func `a stricter bound fails what it names`() throws {
        let terms = ConformanceReport.Terms(bound: 1e-20, hasTinyValues: false)
        let report = try ConformanceReport(of: CPUBackend(), terms)
        #expect(!report.isPassed)
        let linear = try #require(report.operations.first { $0.name == "linear" })
        #expect(linear.skipped == 2 && !linear.failures.isEmpty)
        let moved = try #require(report.operations.first { $0.name == "permute" })
        #expect(moved.failures.isEmpty && moved.worst == 0)
    }
}
