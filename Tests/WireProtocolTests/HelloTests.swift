import Testing
import WireProtocol

struct HelloTests {
    @Test func `a greeting keeps its limits`() throws {
        let bootID = [UInt8](repeating: 1, count: 16)
        _ = try Hello(role: "worker", software: "", bootID: bootID)
        #expect(throws: WireError.self) {
            try Hello(role: "", software: "", bootID: bootID)
        }
        let empty = #expect(throws: WireError.self) {
            try Hello(role: "worker", software: "0.1.0", bootID: [])
        }
        #expect(
            empty?.description == "message with an invalid boot id: 0 bytes, expected 16"
        )
    }
}
