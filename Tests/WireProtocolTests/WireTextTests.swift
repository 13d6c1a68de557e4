import Testing
import WireProtocol

struct WireTextTests {
    @Test func `a text that fits is kept`() {
        #expect("紙".clipped(to: 3) == "紙")
        #expect("".clipped(to: 3).isEmpty)
    }

    @Test func `a text is cut at a character`() {
        let text = "a紙🐇é" + "👩‍👩‍👧" + "z"
        for limit in 3...text.utf8.count {
            let clipped = text.clipped(to: limit)
            #expect(clipped.utf8.count <= limit)
            #expect(clipped == text || clipped.hasSuffix("…") && text.hasPrefix(clipped.dropLast()))
        }
        #expect("abcdefgh".clipped(to: 7) == "abcd…")
    }

    @Test func `what a message cannot hold is replaced`() {
        #expect("a\0b".clipped(to: 16) == "a\u{FFFD}b")
        let long = String(repeating: "\0", count: WireLimits.textBytes)
        #expect(long.clipped().utf8.count <= WireLimits.textBytes)
        #expect(Refusal(.unknown, clipping: long, refusedSequence: 1).text == long.clipped())
    }
}
