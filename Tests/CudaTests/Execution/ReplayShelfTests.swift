import Cuda
import Tensors
import Testing

struct ReplayShelfTests {
    private func words(_ known: ReplayShelf<Int>.Known) -> String {
        switch known {
        case .nothing: "nothing"
        case .wasRun: "was run"
        case .recorded(let number): "\(number)"
        }
    }

    @Test func `a part is new once, and then what was made of it`() {
        var shelf = ReplayShelf<Int>(most: 4)
        let owner = ReplayOwner()
        let key = ReplayKey(owner, "a")
        #expect(words(shelf.use(key, [[1]])) == "nothing")
        #expect(words(shelf.use(key, [[1]])) == "was run")
        shelf.keep(7, for: key, [[1]])
        #expect(words(shelf.use(key, [[1]])) == "7")
        // Another name, another shape, another owner: other parts.
        #expect(words(shelf.use(ReplayKey(owner, "b"), [[1]])) == "nothing")
        #expect(words(shelf.use(key, [[2]])) == "nothing")
        let other = ReplayOwner()
        #expect(words(shelf.use(ReplayKey(other, "a"), [[1]])) == "nothing")
        #expect(words(shelf.use(key, [[1]])) == "7" && shelf.count == 4)
    }

    @Test func `the least recently used goes first`() {
        var shelf = ReplayShelf<Int>(most: 2)
        let owner = ReplayOwner()
        let keys = ["a", "b", "c"].map { ReplayKey(owner, $0) }
        for (index, key) in keys.prefix(2).enumerated() {
            _ = shelf.use(key, [])
            shelf.keep(index, for: key, [])
        }
        #expect(words(shelf.use(keys[0], [])) == "0")
        #expect(words(shelf.use(keys[2], [])) == "nothing")
        #expect(shelf.count == 2 && shelf.recordings == [0])
        #expect(words(shelf.use(keys[1], [])) == "nothing")
    }

    @Test func `what is made of a part that was forgotten meanwhile is not kept`() {
        var shelf = ReplayShelf<Int>(most: 2)
        let owner = ReplayOwner()
        let key = ReplayKey(owner, "a")
        _ = shelf.use(key, [])
        shelf.removeAll()
        shelf.keep(1, for: key, [])
        #expect(shelf.count == 0 && shelf.recordings.isEmpty)
    }

    @Test func `nothing of an owner that is gone stays`() {
        var shelf = ReplayShelf<Int>(most: 4)
        let last = ReplayOwner()
        do {
            let owner = ReplayOwner()
            let key = ReplayKey(owner, "a")
            _ = shelf.use(key, [])
            shelf.keep(1, for: key, [])
            #expect(shelf.recordings == [1])
        }
        _ = shelf.use(ReplayKey(last, "a"), [])
        #expect(shelf.count == 1 && shelf.recordings.isEmpty)
    }
}
