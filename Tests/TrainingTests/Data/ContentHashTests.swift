import Testing
import Training

struct ContentHashTests {
    private func hash(_ add: (inout ContentHash) -> Void) -> String {
        var hash = ContentHash()
        add(&hash)
        return hash.hexadecimal
    }

    @Test func `texts, their order and their cuts are told apart`() {
        let hashes = [["ab", "c"], ["a", "bc"], ["abc"], ["c", "ab"], []].map { texts in
            hash { for text in texts { $0.add(text) } }
        }
        #expect(Set(hashes).count == 5)
        #expect(hashes.allSatisfy { $0.utf8.count == 16 })
        // The published value of FNV-1a.
        #expect(hash { $0.add(Array("foobar".utf8)) } == "85944171f73967e8")
    }

    @Test func `one bit of one value shows`() {
        let values: [Float] = [0, 1.5, -3]
        let others: [[Float]] = [[-0.0, 1.5, -3], [0, Float(1.5).nextUp, -3], [1.5, 0, -3]]
        let hashes = ([values] + others).map { values in hash { $0.add(values) } }
        #expect(Set(hashes).count == 4)
    }
}
