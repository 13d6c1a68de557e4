import Testing
import ZeroMQ

@Suite(.timeLimit(.minutes(10)))
struct KeyTrialTests {
    @Test func `a guarded listener passes, with and without its authenticator`() throws {
        let context = try lastingContext()
        let keys = try CurveKeyPair.generate()
        let authenticator = try Authenticator(context, domain: "farm") { key in
            key == keys.publicKey ? .admitted : .refused
        }
        let listener = try GuardedListener(context)
        let serverKey = listener.serverKeys.publicKey
        try KeyTrial.run(listener.endpoint, serverKey: serverKey, in: context)
        authenticator.stop()
        try KeyTrial.run(listener.endpoint, serverKey: serverKey, in: context)
    }

    @Test func `a listener that lets everybody in fails`() throws {
        let context = try lastingContext()
        let authenticator = try Authenticator(context, domain: "farm") { _ in .admitted }
        let listener = try GuardedListener(context)
        let endpoint = listener.endpoint
        let serverKey = listener.serverKeys.publicKey
        let error = #expect(throws: ZeroMQError.self) {
            try KeyTrial.run(endpoint, serverKey: serverKey, in: context)
        }
        #expect(error?.code == .notGuarded)
        #expect(
            error?.description == "try \(endpoint): a key that nobody enrolled was not refused"
        )
        authenticator.stop()
    }

    @Test func `nothing to try is no proof`() throws {
        let context = try lastingContext()
        let serverKey = try CurveKeyPair.generate().publicKey
        let error = #expect(throws: ZeroMQError.self) {
            try KeyTrial.run(
                "tcp://127.0.0.1:1",
                serverKey: serverKey,
                in: context,
                patience: .milliseconds(200)
            )
        }
        #expect(error?.code == .notGuarded)
    }
}
