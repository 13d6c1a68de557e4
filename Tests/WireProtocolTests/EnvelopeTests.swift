import TestSupport
import Testing
import WireProtocol

private func error(decoding bytes: [UInt8]) -> WireError.Code? {
    #expect(throws: WireError.self) { try Envelope(decoding: bytes) }?.code
}

struct EnvelopeTests {
    @Test(arguments: MessageGenerator.kinds)
    func `decoding what was encoded gives the same message`(kind: String) throws {
        var generator = MessageGenerator(seed: 7)
        for _ in 0..<40 {
            let body = try generator.body(kind)
            let envelope = Envelope(body, sequence: generator.number(), replyTo: generator.number())
            try body.check()
            let decoded = try Envelope(decoding: envelope.encoded())
            #expect(decoded == envelope)
            // Equal messages have equal bytes, whatever the order of their dictionaries.
            #expect(decoded.encoded() == envelope.encoded())
        }
    }

    /// Every outcome of the decoder has to be an envelope that encodes again or an error.
    @Test(arguments: Mutations.seeds)
    func `no byte sequence breaks the decoder`(seed: UInt64) throws {
        var generator = MessageGenerator(seed: seed)
        var mutations = Mutations(seed: seed)
        var accepted = 0
        var refused = 0
        for round in 0..<3600 {
            var bytes: [UInt8]
            switch round % 6 {
            case 0: bytes = generator.bytes(generator.below(64))
            // A valid start, then noise: gets past the version.
            case 1: bytes = [0x0A, 2, 0x08, 1] + generator.bytes(generator.below(64))
            case 2:
                bytes = try generator.envelope().encoded()
                bytes.removeLast(generator.below(bytes.count + 1))
            case 3:
                // One wrong bit: in a text or a number it often makes another valid message.
                bytes = try generator.envelope().encoded()
                bytes[generator.below(bytes.count)] ^= 1 << UInt8(generator.below(8))
            default: bytes = mutations.mutated(try generator.envelope().encoded())
            }
            do {
                let envelope = try Envelope(decoding: bytes)
                #expect(try Envelope(decoding: envelope.encoded()) == envelope)
                accepted += 1
            } catch {
                refused += 1
            }
        }
        // Both kinds have to occur, or the inputs test nothing.
        #expect(accepted > 100 && refused > 100, "\(accepted) accepted, \(refused) refused")
    }

    /// Two bytes can stand for a submessage of a hundred: what a frame may allocate is bounded.
    @Test func `a frame of empty submessages is refused for the memory it asks for`() {
        let count = 120_000
        func varint(_ number: Int) -> [UInt8] {
            [UInt8(number & 0x7F | 0x80), UInt8(number >> 7 & 0x7F | 0x80), UInt8(number >> 14)]
        }
        // A heartbeat, field 23, of empty entries, field 1.
        let body = [UInt8]((0..<count).flatMap { _ in [0x0A, 0] as [UInt8] })
        let bytes = [0x0A, 2, 0x08, 1, 0xBA, 1] + varint(body.count) + body
        #expect(bytes.count <= WireLimits.envelopeBytes)
        #expect(error(decoding: bytes) == .malformed)
        // With few of them it is what they say that is wrong.
        let few: [UInt8] = [0x0A, 2, 0x08, 1, 0xBA, 1, 4, 0x0A, 0, 0x0A, 0]
        #expect(error(decoding: few) == .invalidField("lease", reason: "it is absent"))
    }

    /// The bytes are fixed by the definitions: a change of them is a change of the protocol.
    @Test func `the bytes are those that Protocol Buffers prescribe`() throws {
        let refusal = try Refusal(.version, text: "no", refusedSequence: 300)
        let bytes = Envelope(.refusal(refusal), sequence: 5).encoded()
        let version: [UInt8] = [0x0A, 2, 0x08, 1]
        let body: [UInt8] = [0x5A, 9, 0x08, 2, 0x12, 2, 0x6E, 0x6F, 0x18, 0xAC, 0x02]
        #expect(bytes == version + [0x10, 5] + body)
    }

    @Test func `a message of a later major version is refused by its version`() throws {
        let refusal = try Refusal(.version, text: "", refusedSequence: 0)
        var bytes = Envelope(.refusal(refusal), sequence: 1).encoded()
        #expect(Array(bytes[..<4]) == [0x0A, 2, 0x08, 1])
        bytes[3] = 2
        let expected = ProtocolVersion(major: 2, minor: 0)
        #expect(error(decoding: bytes) == .unsupportedVersion(expected))
    }

    @Test func `a message of a later minor version is read, its additions ignored`() throws {
        let refusal = try Refusal(.version, text: "", refusedSequence: 0)
        var bytes = Envelope(.refusal(refusal), sequence: 1).encoded()
        bytes.replaceSubrange(..<4, with: [0x0A, 4, 0x08, 1, 0x10, 9])
        bytes += [0xA8, 0x06, 1]  // Field 101, a number.
        let envelope = try Envelope(decoding: bytes)
        #expect(envelope.version == ProtocolVersion(major: 1, minor: 9))
        #expect(envelope.body == .refusal(refusal))
    }

    @Test func `absent parts are errors`() {
        #expect(error(decoding: []) == .malformed)
        #expect(error(decoding: [0x0A, 2, 0x08, 1]) == .unknownBody)
        #expect(error(decoding: [0x0A]) == .malformed)
    }

    @Test func `a frame beyond the limit is refused before it is read`() {
        let bytes = [UInt8](repeating: 0xFF, count: WireLimits.envelopeBytes + 1)
        let expected = WireError.Code.tooLarge(
            bytes: bytes.count,
            limit: WireLimits.envelopeBytes
        )
        #expect(error(decoding: bytes) == expected)
    }

    @Test func `a string that is not UTF-8 is refused`() {
        let version: [UInt8] = [0x0A, 2, 0x08, 1]
        let bytes = version + [0x5A, 5, 0x08, 1, 0x12, 1, 0xFF]
        #expect(error(decoding: bytes) == .invalidField("refusal text", reason: "not UTF-8"))
    }
}
