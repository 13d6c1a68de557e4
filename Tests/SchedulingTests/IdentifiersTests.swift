import Scheduling
import TestSupport
import Testing

struct IdentifiersTests {
    static func anyLease(_ generator: inout SeededGenerator) -> Lease {
        let kind = UnitKind.allCases[Int.random(in: 0..<4, using: &generator)]
        let index = kind == .content ? 0 : Int.random(in: 0...9999, using: &generator)
        let round = kind == .sample ? Int.random(in: 0...50, using: &generator) : 0
        let unit = UnitKey(
            job: JobID(.random(in: 1...UInt64.max, using: &generator)),
            shot: kind == .content ? 0 : Int.random(in: 0...500, using: &generator),
            unit: UnitID(kind, index: index, round: round)
        )
        let epoch = Epoch(
            instance: .random(in: 0...UInt64.max, using: &generator),
            number: .random(in: 0...1000, using: &generator)
        )
        return Lease(unit, epoch)
    }

    @Test func `a lease is read back from its name`() {
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<1000 {
            let lease = Self.anyLease(&generator)
            #expect(Lease(lease.description) == lease)
            #expect(UnitKey(lease.unit.description) == lease.unit)
        }
    }

    @Test(arguments: [
        "", "@", "job-1", "job-1/content", "job-1/content@", "job-1/content@1",
        "job-1/content@1.2.3",
        "job-1/0/content@1.2", "job-0/content@1.2", "1/content@1.2", "job-01/content@1.2",
        "job-+1/content@1.2", "job-1/content/0@1.2", "job-1/0/depth@1.2", "job-1/0/depth/-1@1.2",
        "job-1/-1/depth/1@1.2", "job-1/0/sample/1@1.2", "job-1/0/sample/1/2/3@1.2",
        "job-1/0/decode/1/0@1.2", "job-1/0/other/1@1.2", "job-1//depth/1@1.2",
        "job-1/0/depth/1@+1.2", "job-1/0/depth/99999999999999999999@1.2", "job-1/0/depth/1@1.2@",
    ])
    func `what is not exactly a name is no lease`(_ text: String) {
        #expect(Lease(text) == nil)
    }
}
