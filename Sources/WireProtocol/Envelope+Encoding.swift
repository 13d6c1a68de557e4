import CProtobuf
import Glibc

extension Envelope {
    /// The bytes of one frame.
    package func encoded() -> [UInt8] {
        let scratch = CMessageScratch()
        var version = unsafe Weft__V1__ProtocolVersion()
        unsafe weft__v1__protocol_version__init(&version)
        unsafe version.major = self.version.major
        unsafe version.minor = self.version.minor
        var envelope = unsafe Weft__V1__Envelope()
        unsafe weft__v1__envelope__init(&envelope)
        unsafe envelope.version = unsafe scratch.keep(version)
        unsafe envelope.sequence = sequence
        switch body {
        case .hello(let hello):
            unsafe envelope.body_case = WEFT__V1__ENVELOPE__BODY_HELLO
            unsafe envelope.hello = unsafe scratch.keep(hello.message(scratch))
        case .tensor(let header):
            unsafe envelope.body_case = WEFT__V1__ENVELOPE__BODY_TENSOR
            unsafe envelope.tensor = unsafe scratch.keep(header.message(scratch))
        case .refusal(let refusal):
            unsafe envelope.body_case = WEFT__V1__ENVELOPE__BODY_REFUSAL
            unsafe envelope.refusal = unsafe scratch.keep(refusal.message(scratch))
        }
        let count = unsafe weft__v1__envelope__get_packed_size(&envelope)
        // The limits of the fields add up to far less.
        precondition(count <= WireLimits.envelopeBytes, "an envelope of \(count) bytes")
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            initialized = unsafe weft__v1__envelope__pack(&envelope, bytes.baseAddress)
        }
    }
}

/// Owns the C memory that a message points to while it is being packed.
@safe private final class CMessageScratch {
    private var allocations: [UnsafeMutableRawPointer] = unsafe []

    deinit {
        while let allocation = unsafe allocations.popLast() {
            unsafe allocation.deallocate()
        }
    }

    func keep<Value: BitwiseCopyable>(_ value: Value) -> UnsafeMutablePointer<Value> {
        unsafe keep([value])
    }

    func keep<Value: BitwiseCopyable>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
        let memory = UnsafeMutablePointer<Value>.allocate(capacity: max(values.count, 1))
        unsafe values.withUnsafeBufferPointer { source in
            if let start = source.baseAddress {
                unsafe memory.initialize(from: start, count: source.count)
            }
        }
        unsafe allocations.append(UnsafeMutableRawPointer(memory))
        return unsafe memory
    }

    func keep(_ text: String) -> UnsafeMutablePointer<CChar> {
        unsafe keep(text.utf8.map { CChar(bitPattern: $0) } + [0])
    }

    func keep(bytes: [UInt8]) -> ProtobufCBinaryData {
        unsafe ProtobufCBinaryData(len: bytes.count, data: keep(bytes))
    }
}

extension Hello {
    fileprivate func message(_ scratch: CMessageScratch) -> Weft__V1__Hello {
        var message = unsafe Weft__V1__Hello()
        unsafe weft__v1__hello__init(&message)
        unsafe message.role = unsafe scratch.keep(role)
        unsafe message.software = unsafe scratch.keep(software)
        unsafe message.boot_id = unsafe scratch.keep(bytes: bootID)
        return unsafe message
    }
}

extension TensorHeader {
    fileprivate func message(_ scratch: CMessageScratch) -> Weft__V1__TensorHeader {
        var message = unsafe Weft__V1__TensorHeader()
        unsafe weft__v1__tensor_header__init(&message)
        unsafe message.name = unsafe scratch.keep(name)
        unsafe message.scalar_type = Weft__V1__ScalarType(rawValue: scalarType.rawValue)
        unsafe message.n_shape = shape.count
        unsafe message.shape = unsafe scratch.keep(shape.map { UInt64($0) })
        unsafe message.checksum = unsafe scratch.keep(bytes: checksum)
        unsafe message.chunk_index = UInt32(chunkIndex)
        unsafe message.chunk_count = UInt32(chunkCount)
        unsafe message.chunk_bytes = UInt64(chunkBytes)
        return unsafe message
    }
}

extension Refusal {
    fileprivate func message(_ scratch: CMessageScratch) -> Weft__V1__Refusal {
        var message = unsafe Weft__V1__Refusal()
        unsafe weft__v1__refusal__init(&message)
        unsafe message.reason = Weft__V1__Refusal__Reason(rawValue: reason.rawValue)
        unsafe message.text = unsafe scratch.keep(text)
        unsafe message.refused_sequence = refusedSequence
        return unsafe message
    }
}
