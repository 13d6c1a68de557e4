import CZeroMQ

/// A key of CURVE that everybody may know: 32 bytes, or 40 letters of Z85.
package struct CurveKey: Hashable, Sendable, CustomStringConvertible {
    package static let byteCount = 32
    package static let letterCount = 40

    package let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == CurveKey.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Nil unless there are 40 letters of Z85.
    package init?(z85: String) {
        guard let bytes = CurveKey.decode(z85) else { return nil }
        self.bytes = bytes
    }

    /// How it stands in files and in commands.
    package var z85: String { CurveKey.encode(bytes) }
    package var description: String { z85 }

    static func decode(_ z85: String) -> [UInt8]? {
        guard z85.utf8.count == letterCount, z85.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        guard unsafe zmq_z85_decode(&bytes, z85) != nil else { return nil }
        return bytes
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var letters = [CChar](repeating: 0, count: letterCount + 1)
        // Fails only for sizes that are no multiple of four.
        _ = unsafe zmq_z85_encode(&letters, bytes, bytes.count)
        return String(
            decoding: letters.prefix(letterCount).map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
    }
}

/// Who a process is on an encrypted connection.
///
/// Its description shows the public key, so that a log never has the secret one.
package struct CurveKeyPair: Hashable, Sendable, CustomStringConvertible {
    package let publicKey: CurveKey
    let secretBytes: [UInt8]

    /// Draws a pair from the system's randomness.
    ///
    /// - Throws: `ZeroMQError` if libzmq was built without CURVE.
    package static func generate() throws(ZeroMQError) -> CurveKeyPair {
        var publicKey = [CChar](repeating: 0, count: CurveKey.letterCount + 1)
        var secretKey = publicKey
        guard unsafe zmq_curve_keypair(&publicKey, &secretKey) == 0 else {
            throw ZeroMQError.last(operation: "generate", subject: "key pair")
        }
        let letters = secretKey.prefix(CurveKey.letterCount).map(UInt8.init(bitPattern:))
        guard let pair = CurveKeyPair(secretZ85: String(decoding: letters, as: UTF8.self)) else {
            preconditionFailure("libzmq made a key that is not in Z85")
        }
        return pair
    }

    /// The pair of a secret key of 40 letters of Z85; nil for anything else.
    package init?(secretZ85: String) {
        guard let secretBytes = CurveKey.decode(secretZ85) else { return nil }
        var letters = [CChar](repeating: 0, count: CurveKey.letterCount + 1)
        guard unsafe zmq_curve_public(&letters, secretZ85) == 0 else { return nil }
        let text = letters.prefix(CurveKey.letterCount).map(UInt8.init(bitPattern:))
        guard let publicKey = CurveKey(z85: String(decoding: text, as: UTF8.self)) else {
            return nil
        }
        self.publicKey = publicKey
        self.secretBytes = secretBytes
    }

    /// For the file that keeps it, and for nothing else.
    package var secretZ85: String { CurveKey.encode(secretBytes) }
    package var description: String { "key pair of \(publicKey)" }
}
