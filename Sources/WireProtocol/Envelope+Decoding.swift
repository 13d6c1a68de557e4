import CProtobuf

extension Envelope {
    /// Reads an envelope from the bytes of one frame, which anybody may have made.
    ///
    /// - Parameter bytes: The whole frame.
    /// - Throws: `WireError` if the bytes are no envelope of a version this program understands, or
    ///   if a value is outside its limits.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= WireLimits.envelopeBytes else {
            throw WireError(.tooLarge(bytes: bytes.count, limit: WireLimits.envelopeBytes))
        }
        let unpacked = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe weft__v1__envelope__unpack(nil, buffer.count, buffer.baseAddress)
        }
        guard let message = unsafe unpacked else { throw WireError(.malformed) }
        defer { unsafe weft__v1__envelope__free_unpacked(message, nil) }

        // The version comes first: what a later one means by the rest is not known here.
        let version = unsafe message.pointee.version.map {
            unsafe ProtocolVersion(major: $0.pointee.major, minor: $0.pointee.minor)
        }
        guard let version else { throw WireError(.malformed) }
        guard version.isUnderstood else { throw WireError(.unsupportedVersion(version)) }
        self.init(
            try unsafe Self.body(message.pointee),
            sequence: unsafe message.pointee.sequence,
            version: version
        )
    }

    private static func body(_ message: Weft__V1__Envelope) throws(WireError) -> EnvelopeBody {
        switch unsafe message.body_case {
        case WEFT__V1__ENVELOPE__BODY_HELLO:
            guard let hello = unsafe message.hello else { break }
            return .hello(try unsafe Hello(hello.pointee))
        case WEFT__V1__ENVELOPE__BODY_TENSOR:
            guard let header = unsafe message.tensor else { break }
            return .tensor(try unsafe TensorHeader(header.pointee))
        case WEFT__V1__ENVELOPE__BODY_REFUSAL:
            guard let refusal = unsafe message.refusal else { break }
            return .refusal(try unsafe Refusal(refusal.pointee))
        default: break
        }
        throw WireError(.unknownBody)
    }
}

extension Hello {
    fileprivate init(_ message: Weft__V1__Hello) throws(WireError) {
        try self.init(
            role: unsafe decodedText(message.role, "role"),
            software: unsafe decodedText(message.software, "software"),
            bootID: unsafe bytes(message.boot_id)
        )
    }
}

extension TensorHeader {
    fileprivate init(_ message: Weft__V1__TensorHeader) throws(WireError) {
        guard let type = unsafe ScalarType(rawValue: message.scalar_type.rawValue) else {
            let number = unsafe message.scalar_type.rawValue
            throw WireError(.invalidField("scalar type", reason: "unknown number \(number)"))
        }
        // Checked before anything is copied: a peer chooses this count.
        guard unsafe message.n_shape <= WireLimits.rank else {
            let reason = unsafe "\(message.n_shape) axes, at most \(WireLimits.rank) are allowed"
            throw WireError(.invalidField("shape", reason: reason))
        }
        let shape = unsafe UnsafeBufferPointer(start: message.shape, count: message.n_shape)
        try self.init(
            name: unsafe decodedText(message.name, "tensor name"),
            scalarType: type,
            // What does not fit is refused by its size, so the exact value is of no interest.
            shape: unsafe shape.map { Int(clamping: $0) },
            checksum: unsafe bytes(message.checksum),
            chunkIndex: unsafe Int(message.chunk_index),
            chunkBytes: unsafe Int(clamping: message.chunk_bytes)
        )
        guard unsafe message.chunk_count == chunkCount else {
            let reason = unsafe "\(message.chunk_count), the size and chunk size give \(chunkCount)"
            throw WireError(.invalidField("chunk count", reason: reason))
        }
    }
}

extension Refusal {
    fileprivate init(_ message: Weft__V1__Refusal) throws(WireError) {
        guard let reason = unsafe Reason(rawValue: message.reason.rawValue) else {
            let number = unsafe message.reason.rawValue
            throw WireError(.invalidField("refusal reason", reason: "unknown number \(number)"))
        }
        try self.init(
            reason,
            text: unsafe decodedText(message.text, "refusal text"),
            refusedSequence: unsafe message.refused_sequence
        )
    }
}

/// A string field, which has to be UTF-8; an absent one is empty.
private func decodedText(
    _ field: UnsafeMutablePointer<CChar>?,
    _ name: String
) throws(WireError) -> String {
    guard let field = unsafe field else { return "" }
    guard let text = unsafe String(validatingCString: field) else {
        throw WireError(.invalidField(name, reason: "not UTF-8"))
    }
    return text
}

private func bytes(_ field: ProtobufCBinaryData) -> [UInt8] {
    unsafe [UInt8](UnsafeBufferPointer(start: field.data, count: field.len))
}
