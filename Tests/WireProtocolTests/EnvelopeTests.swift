import TestSupport
import Testing
import WireProtocol

/// An envelope with values drawn over their whole allowed range.
private func randomEnvelope(_ generator: inout SeededGenerator) throws -> Envelope {
    func text(_ limit: Int, minimum: Int = 0) -> String {
        let alphabet: [Character] = ["a", "Z", "9", " ", "\n", "é", "紙", "🐇"]
        var text = ""
        for _ in 0..<Int.random(in: minimum...max(minimum, limit / 4), using: &generator) {
            text.append(alphabet.randomElement(using: &generator)!)
        }
        return text
    }
    func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
    let sequence = UInt64.random(in: 0...UInt64.max, using: &generator)
    switch Int.random(in: 0..<3, using: &generator) {
    case 0:
        let hello = try Hello(
            role: text(WireLimits.nameBytes, minimum: 1),
            software: text(WireLimits.nameBytes),
            bootID: bytes(WireLimits.bootIDBytes)
        )
        return Envelope(.hello(hello), sequence: sequence)
    case 1:
        let rank = Int.random(in: 0...WireLimits.rank, using: &generator)
        let shape = (0..<rank).map { _ in Int.random(in: 0...9, using: &generator) }
        let type = TensorHeader.ScalarType.allCases.randomElement(using: &generator)!
        let chunkBytes = Int.random(in: 1...WireLimits.chunkBytes, using: &generator)
        func header(_ index: Int) throws -> TensorHeader {
            try TensorHeader(
                name: "latent",
                scalarType: type,
                shape: shape,
                checksum: [UInt8](repeating: 3, count: WireLimits.checksumBytes),
                chunkIndex: index,
                chunkBytes: chunkBytes
            )
        }
        let last = try header(0).chunkCount - 1
        return Envelope(
            .tensor(try header(Int.random(in: 0...last, using: &generator))),
            sequence: sequence
        )
    default:
        let refusal = try Refusal(
            Refusal.Reason.allCases.randomElement(using: &generator)!,
            text: text(WireLimits.textBytes),
            refusedSequence: sequence &+ 7
        )
        return Envelope(.refusal(refusal), sequence: sequence)
    }
}

private func error(decoding bytes: [UInt8]) -> WireError.Code? {
    #expect(throws: WireError.self) { try Envelope(decoding: bytes) }?.code
}

struct EnvelopeTests {
    @Test(arguments: UInt64(0)..<20)
    func `decoding what was encoded gives the same envelope`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let envelope = try randomEnvelope(&generator)
            #expect(try Envelope(decoding: envelope.encoded()) == envelope)
        }
    }

    /// The bytes are fixed by the definitions: a change of them is a change of the protocol.
    @Test func `the bytes are those that Protocol Buffers prescribe`() throws {
        let refusal = try Refusal(.version, text: "no", refusedSequence: 300)
        let bytes = Envelope(.refusal(refusal), sequence: 5).encoded()
        let version: [UInt8] = [0x0A, 2, 0x08, 1]
        let body: [UInt8] = [0x62, 9, 0x08, 2, 0x12, 2, 0x6E, 0x6F, 0x18, 0xAC, 0x02]
        #expect(bytes == version + [0x10, 5] + body)
    }

    /// Every outcome of the decoder has to be an envelope that encodes again or an error; inputs
    /// are noise, and envelopes with bytes flipped, cut out, doubled and cut off.
    @Test(arguments: UInt64(0)..<16)
    func `no byte sequence breaks the decoder`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: 1000 + seed)
        var accepted = 0
        var refused = 0
        for round in 0..<2000 {
            var bytes: [UInt8]
            if round % 4 == 0 {
                bytes = (0..<Int.random(in: 0..<64, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            } else {
                bytes = try randomEnvelope(&generator).encoded()
                for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                    let position = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                    case 1: bytes.remove(at: position)
                    case 2: bytes.insert(bytes[position], at: position)
                    default: bytes.removeSubrange(position...)
                    }
                }
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
        #expect(accepted > 50 && refused > 50, "\(accepted) accepted, \(refused) refused")
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
        let bytes = version + [0x62, 5, 0x08, 1, 0x12, 1, 0xFF]
        #expect(error(decoding: bytes) == .invalidField("refusal text", reason: "not UTF-8"))
    }
}
