import CProtobuf

/// Owns the C memory that a message points to while it is being packed; values of C only, which
/// need no more than their memory.
@safe final class CMessageScratch {
    private var allocations: [UnsafeMutableRawPointer] = unsafe []

    deinit {
        while let allocation = unsafe allocations.popLast() {
            unsafe allocation.deallocate()
        }
    }

    func keep<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
        unsafe keep([value])
    }

    func keep<Value>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
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

    /// A repeated field of messages.
    func keep<Value, Message>(
        _ values: [Value],
        _ message: (Value) -> Message
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Message>?> {
        let pointers = unsafe values.map { unsafe Optional.some(keep(message($0))) }
        return unsafe keep(pointers)
    }
}
