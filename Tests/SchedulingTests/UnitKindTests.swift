import Scheduling
import Testing

struct UnitKindTests {
    @Test func `the stages follow the flow of a job`() {
        #expect(UnitKind.allCases.map(\.stage) == [0, 1, 2, 3])
        #expect(UnitKind.allCases.map(\.rawValue) == ["content", "depth", "sample", "decode"])
    }
}
