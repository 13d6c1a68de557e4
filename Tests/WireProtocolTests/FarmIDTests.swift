import Testing
import WireProtocol

struct FarmIDTests {
    @Test func `a farm's name is read as it was written, and nothing else is`() throws {
        let bytes = (0..<16).map { UInt8($0 * 17) }
        let farm = try FarmID(bytes)
        #expect(farm.description == "00112233445566778899aabbccddeeff")
        #expect(FarmID(farm.description) == farm && farm.bytes == bytes)
        let text = farm.description
        for wrong in ["", "0", String(text.dropLast()), text + "00", text.uppercased(), "x" + text]
        {
            #expect(FarmID(wrong) == nil, "\(wrong)")
        }
        #expect(throws: WireError.self) { try FarmID(Array(bytes.dropLast())) }
    }
}
