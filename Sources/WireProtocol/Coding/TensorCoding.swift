import CProtobuf

extension TensorHeader {
    func message(_ scratch: CMessageScratch) -> Weft__V1__TensorHeader {
        var message = unsafe Weft__V1__TensorHeader()
        unsafe weft__v1__tensor_header__init(&message)
        unsafe message.name = unsafe scratch.keep(name)
        unsafe message.scalar_type = Weft__V1__ScalarType(
            rawValue: WireEnumerations.scalarType.number(scalarType)
        )
        unsafe message.n_shape = shape.count
        unsafe message.shape = unsafe scratch.keep(shape.map { UInt64($0) })
        unsafe message.checksum = unsafe scratch.keep(bytes: checksum)
        unsafe message.chunk_index = UInt32(chunkIndex)
        unsafe message.chunk_count = UInt32(chunkCount)
        unsafe message.chunk_bytes = UInt64(chunkBytes)
        return unsafe message
    }

    init(_ message: Weft__V1__TensorHeader) throws(WireError) {
        try self.init(
            name: unsafe decodedText(message.name, "tensor name"),
            scalarType: try unsafe WireEnumerations.scalarType.value(message.scalar_type.rawValue),
            shape: unsafe decodedShape(message.shape, message.n_shape),
            checksum: unsafe decodedBytes(message.checksum),
            chunkIndex: unsafe Int(message.chunk_index),
            chunkBytes: unsafe Int(clamping: message.chunk_bytes)
        )
        guard unsafe message.chunk_count == chunkCount else {
            let reason = unsafe "\(message.chunk_count), the size and chunk size give \(chunkCount)"
            throw WireError(.invalidField("chunk count", reason: reason))
        }
    }
}

extension InputDescription {
    func message(_ scratch: CMessageScratch) -> Weft__V1__TensorDescription {
        var message = unsafe Weft__V1__TensorDescription()
        unsafe weft__v1__tensor_description__init(&message)
        unsafe message.name = unsafe scratch.keep(name)
        unsafe message.scalar_type = Weft__V1__ScalarType(
            rawValue: WireEnumerations.scalarType.number(scalarType)
        )
        unsafe message.n_shape = shape.count
        unsafe message.shape = unsafe scratch.keep(shape.map { UInt64($0) })
        unsafe message.kept = isKept ? 1 : 0
        return unsafe message
    }

    init(_ message: Weft__V1__TensorDescription) throws(WireError) {
        self.init(
            try unsafe decodedText(message.name, "tensor name"),
            try unsafe WireEnumerations.scalarType.value(message.scalar_type.rawValue),
            try unsafe decodedShape(message.shape, message.n_shape),
            isKept: unsafe message.kept != 0
        )
    }
}
