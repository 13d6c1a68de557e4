import CProtobuf

// Readers of the fields of a generated message, which anybody may have made.

/// A string field, which has to be UTF-8; an absent one is empty.
func decodedText(
    _ field: UnsafeMutablePointer<CChar>?,
    _ name: String
) throws(WireError) -> String {
    guard let field = unsafe field else { return "" }
    guard let text = unsafe String(validatingCString: field) else {
        throw WireError(.invalidField(name, reason: "not UTF-8"))
    }
    return text
}

/// A string field for which empty means absent.
func decodedOptionalText(
    _ field: UnsafeMutablePointer<CChar>?,
    _ name: String
) throws(WireError) -> String? {
    let text = try unsafe decodedText(field, name)
    return text.isEmpty ? nil : text
}

func decodedBytes(_ field: ProtobufCBinaryData) -> [UInt8] {
    unsafe [UInt8](UnsafeBufferPointer(start: field.data, count: field.len))
}

/// A message field that has to be there.
func decodedField<Message>(
    _ field: UnsafeMutablePointer<Message>?,
    _ name: String
) throws(WireError) -> Message {
    guard let field = unsafe field else {
        throw WireError(.invalidField(name, reason: "it is absent"))
    }
    return unsafe field.pointee
}

/// A repeated field of messages, at most `limit` of them.
func decodedList<Message, Value>(
    _ field: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?,
    _ count: Int,
    _ name: String,
    limit: Int,
    _ value: (Message) throws(WireError) -> Value
) throws(WireError) -> [Value] {
    try WireError.check(count: count, name, limit: limit)
    var values: [Value] = []
    for index in 0..<count {
        values.append(try unsafe value(decodedField(field?[index], name)))
    }
    return values
}

/// Extents of a shape.
func decodedShape(
    _ field: UnsafeMutablePointer<UInt64>?,
    _ count: Int
) throws(WireError) -> [Int] {
    // Checked before anything is copied: a peer chooses this count.
    guard count <= WireLimits.rank else {
        let reason = "\(count) axes, at most \(WireLimits.rank) are allowed"
        throw WireError(.invalidField("shape", reason: reason))
    }
    // What does not fit is refused by its size, so the exact value is of no interest.
    return unsafe UnsafeBufferPointer(start: field, count: count).map { Int(clamping: $0) }
}

/// A number that has to be at most `limit`.
func decodedNumber(
    _ number: some BinaryInteger,
    _ name: String,
    limit: Int
) throws(WireError) -> Int {
    try WireError.check(number, name, 0...limit)
    return Int(number)
}

/// A range whose end does not lie before its start.
func decodedRange(
    _ start: UInt32,
    _ end: UInt32,
    _ name: String
) throws(WireError) -> Range<Int> {
    try WireError.require(start <= end, name, "they end at \(end), before \(start)")
    return Int(start)..<Int(end)
}
