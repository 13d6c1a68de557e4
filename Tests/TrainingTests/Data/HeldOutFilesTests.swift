import Testing
import Training

struct HeldOutFilesTests {
    private func hashes(_ count: Int, seed: Int) -> [UInt64] {
        (0..<count).map { index in
            var hash = ContentHash()
            hash.add("\(seed)/clip-\(index).mov")
            return hash.value
        }
    }

    @Test func `one file at least is held out, and one at least is not`() {
        #expect(HeldOutFiles.chosen(among: []).isEmpty)
        #expect(HeldOutFiles.chosen(among: [10]).isEmpty)
        #expect(HeldOutFiles.chosen(among: [20, 10, 30]).sorted() == [0, 1])
        for count in 2..<40 {
            for seed in 0..<20 {
                let chosen = HeldOutFiles.chosen(among: hashes(count, seed: seed))
                #expect((1..<count).contains(Set(chosen).count))
            }
        }
    }

    @Test func `of many files it is about every tenth, whatever else is there`() {
        let many = hashes(2000, seed: 1)
        let chosen = Set(HeldOutFiles.chosen(among: many))
        #expect((150...250).contains(chosen.count))
        let fewer = Set(HeldOutFiles.chosen(among: Array(many.prefix(1000))))
        #expect(fewer == chosen.filter { $0 < 1000 })
    }
}
