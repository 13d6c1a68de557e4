import CProtobuf

extension Hello {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Hello {
        var message = unsafe Weft__V1__Hello()
        unsafe weft__v1__hello__init(&message)
        unsafe message.role = unsafe scratch.keep(role)
        unsafe message.software = unsafe scratch.keep(software)
        unsafe message.boot_id = unsafe scratch.keep(bytes: bootID)
        return unsafe message
    }

    init(_ message: Weft__V1__Hello) throws(WireError) {
        try self.init(
            role: unsafe decodedText(message.role, "role"),
            software: unsafe decodedText(message.software, "software"),
            bootID: unsafe decodedBytes(message.boot_id)
        )
    }
}

extension Refusal {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Refusal {
        var message = unsafe Weft__V1__Refusal()
        unsafe weft__v1__refusal__init(&message)
        unsafe message.reason = Weft__V1__Refusal__Reason(
            rawValue: WireEnumerations.refusalReason.number(reason)
        )
        unsafe message.text = unsafe scratch.keep(text)
        unsafe message.refused_sequence = refusedSequence
        return unsafe message
    }

    init(_ message: Weft__V1__Refusal) throws(WireError) {
        try self.init(
            try unsafe WireEnumerations.refusalReason.value(message.reason.rawValue),
            text: unsafe decodedText(message.text, "refusal text"),
            refusedSequence: unsafe message.refused_sequence
        )
    }
}

extension DrainMessage {
    static func message() -> Weft__V1__Drain {
        var message = unsafe Weft__V1__Drain()
        unsafe weft__v1__drain__init(&message)
        return unsafe message
    }
}

extension DoneMessage {
    static func message() -> Weft__V1__Done {
        var message = unsafe Weft__V1__Done()
        unsafe weft__v1__done__init(&message)
        return unsafe message
    }
}
