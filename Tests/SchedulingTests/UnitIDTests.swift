import Scheduling
import Testing

struct UnitIDTests {
    @Test func `names sort in the order of the flow, rounds before windows`() {
        let ordered = [
            UnitID(.content), UnitID(.depth, index: 0), UnitID(.depth, index: 1),
            UnitID(.sample, index: 0), UnitID(.sample, index: 5),
            UnitID(.sample, index: 1, round: 1), UnitID(.decode, index: 0),
        ]
        #expect(ordered.reversed().sorted() == ordered)
        #expect(
            ordered.map(\.description) == [
                "content", "depth/0", "depth/1", "sample/0/0", "sample/5/0", "sample/1/1",
                "decode/0",
            ]
        )
    }

    @Test func `only sample units have rounds`() async {
        await #expect(processExitsWith: .failure) { _ = UnitID(.decode, index: 0, round: 1) }
    }
}
