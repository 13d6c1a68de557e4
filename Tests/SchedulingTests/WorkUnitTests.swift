import Scheduling
import Testing

struct WorkUnitTests {
    @Test func `a unit cannot need what comes after it`() async {
        await #expect(processExitsWith: .failure) {
            _ = WorkUnit(
                UnitID(.depth, index: 0),
                frames: 0..<1,
                dependencies: [UnitID(.decode, index: 0)]
            )
        }
    }

    @Test func `only sample units take steps`() async {
        await #expect(processExitsWith: .failure) {
            _ = WorkUnit(UnitID(.depth), frames: 0..<1, steps: 0..<1, dependencies: [])
        }
    }
}
