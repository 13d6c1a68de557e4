import Testing
import ZeroMQ

struct CurveKeyPairTests {
    @Test func `a pair comes back from its secret key's letters, and pairs differ`() throws {
        let pairs = try (0..<4).map { _ in try CurveKeyPair.generate() }
        for pair in pairs {
            #expect(pair.secretZ85.utf8.count == 40 && pair.publicKey.z85.utf8.count == 40)
            #expect(CurveKeyPair(secretZ85: pair.secretZ85) == pair)
            #expect(CurveKey(z85: pair.publicKey.z85) == pair.publicKey)
            #expect(CurveKey(bytes: pair.publicKey.bytes) == pair.publicKey)
        }
        #expect(Set(pairs.map(\.publicKey)).count == pairs.count)
    }

    /// The pair of the specification of CurveZMQ's test, as libzmq prints it.
    @Test func `the public key of a known secret key is the known one`() {
        let pair = CurveKeyPair(secretZ85: "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6")
        #expect(pair?.publicKey.z85 == "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
    }

    @Test(arguments: [
        "", "short", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf",
        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf77",
        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf\"", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]y ",
        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yé", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf\n",
    ])
    func `anything but forty letters of Z85 is no key`(text: String) {
        #expect(CurveKey(z85: text) == nil)
        #expect(CurveKeyPair(secretZ85: text) == nil)
    }

    @Test(arguments: [0, 31, 33]) func `a key has 32 bytes`(count: Int) {
        #expect(CurveKey(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test func `a description never has the secret key`() throws {
        let pair = try CurveKeyPair.generate()
        #expect(!"\(pair)".contains(pair.secretZ85))
        #expect("\(pair)".contains(pair.publicKey.z85))
    }
}
