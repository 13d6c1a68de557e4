import Testing
import WireProtocol

struct RefusalTests {
    @Test func `a refusal's sentence is bounded`() throws {
        let longest = String(repeating: "x", count: WireLimits.textBytes)
        #expect(try Refusal(.malformed, text: longest, refusedSequence: 0).text == longest)
        #expect(throws: WireError.self) {
            try Refusal(.malformed, text: longest + "x", refusedSequence: 0)
        }
    }
}
