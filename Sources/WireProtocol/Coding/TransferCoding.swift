import CProtobuf
import Scheduling

extension FetchMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Fetch {
        var message = unsafe Weft__V1__Fetch()
        unsafe weft__v1__fetch__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        unsafe message.input = unsafe scratch.keep(input)
        unsafe message.chunk = UInt32(chunk)
        return unsafe message
    }

    init(_ message: Weft__V1__Fetch) throws(WireError) {
        self.init(
            try unsafe Lease(field: message.lease),
            input: try unsafe decodedText(message.input, "input"),
            chunk: unsafe Int(message.chunk)
        )
    }
}

extension ChunkMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Chunk {
        var message = unsafe Weft__V1__Chunk()
        unsafe weft__v1__chunk__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        unsafe message.header = unsafe scratch.keep(header.message(scratch))
        return unsafe message
    }

    init(_ message: Weft__V1__Chunk) throws(WireError) {
        self.init(
            try unsafe Lease(field: message.lease),
            try unsafe TensorHeader(decodedField(message.header, "tensor header"))
        )
    }
}

extension StoredMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Stored {
        var message = unsafe Weft__V1__Stored()
        unsafe weft__v1__stored__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        unsafe message.chunk = UInt32(chunk)
        return unsafe message
    }

    init(_ message: Weft__V1__Stored) throws(WireError) {
        self.init(try unsafe Lease(field: message.lease), chunk: unsafe Int(message.chunk))
    }
}
