/// Writes a safetensors file one tensor at a time, so that a checkpoint never sits in memory.
///
/// All entries are declared first; their data may come in any order. The file has its name only
/// after `finish`.
package final class SafetensorsWriter {
    /// A tensor to be written.
    package struct Entry: Hashable, Sendable {
        package let name: String
        package let scalarType: ScalarType
        package let shape: Shape

        package init(name: String, scalarType: ScalarType = .float32, shape: Shape) {
            self.name = name
            self.scalarType = scalarType
            self.shape = shape
        }
    }

    private struct Place {
        let entry: Entry
        /// Position in the file.
        let offset: Int
        /// Bytes written so far, from the start; all or none but for `append`.
        var writtenBytes = 0

        var byteCount: Int { entry.shape.count * entry.scalarType.byteCount }
    }

    private let file: AtomicFile
    private var places: [String: Place] = [:]

    /// Creates the file beside its place and writes the header.
    ///
    /// - Parameters:
    ///   - path: Where the file will be; what is there is replaced at `finish`.
    ///   - entries: All tensors; names are unique and none is `__metadata__`.
    ///   - metadata: Written as `__metadata__` unless empty.
    /// - Throws: `FileError` if it cannot be created or written.
    package init(
        path: String,
        entries: [Entry],
        metadata: [String: String] = [:]
    ) throws(FileError) {
        // Wide elements first, then by name: with an aligned header every tensor is aligned.
        let ordered = entries.sorted {
            (-$0.scalarType.byteCount, $0.name) < (-$1.scalarType.byteCount, $1.name)
        }
        var header: [String: JSONValue] = [:]
        if !metadata.isEmpty {
            header["__metadata__"] = .object(metadata.mapValues { .string($0) })
        }
        var offsets: [Int] = []
        var end = 0
        for entry in ordered {
            precondition(
                entry.name != "__metadata__" && header[entry.name] == nil,
                "the name \(entry.name) is taken"
            )
            let begin = end
            offsets.append(begin)
            end += entry.shape.count * entry.scalarType.byteCount
            header[entry.name] = .object([
                "dtype": .string(entry.scalarType.rawValue),
                "shape": .array(entry.shape.dimensions.map { .integer($0) }),
                "data_offsets": .array([.integer(begin), .integer(end)]),
            ])
        }
        var text = Array(JSONValue.object(header).serialized().utf8)
        text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        precondition(text.count <= SafetensorsFile.headerBytesMax, "too many tensors for \(path)")
        file = try AtomicFile(replacing: path)
        let length = UInt64(text.count)
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
        try file.write(prefix + text, at: 0)
        for (entry, offset) in zip(ordered, offsets) {
            places[entry.name] = Place(entry: entry, offset: prefix.count + text.count + offset)
        }
    }

    /// Writes a floating-point tensor's elements, rounded to nearest in its declared type.
    ///
    /// - Throws: `FileError` if the file cannot be written.
    package func write(_ values: [Float], named name: String) throws(FileError) {
        let place = take(name, count: values.count)
        switch place.entry.scalarType {
        case .float32: try write(values, at: place.offset)
        case .float64: try convert(values, at: place.offset) { Double($0) }
        case .float16: try convert(values, at: place.offset) { Float16($0) }
        case .bfloat16: try convert(values, at: place.offset) { Self.bfloat16($0) }
        case .int64, .int32, .int16, .int8, .uint8, .bool:
            preconditionFailure("\(name) is declared as \(place.entry.scalarType.rawValue)")
        }
    }

    /// Writes an integer tensor's elements, each of which its declared type must be able to hold.
    ///
    /// - Throws: `FileError` if the file cannot be written.
    package func write(integers values: [Int64], named name: String) throws(FileError) {
        let place = take(name, count: values.count)
        switch place.entry.scalarType {
        case .int64: try write(values, at: place.offset)
        case .int32: try convert(values, at: place.offset) { Int32($0) }
        case .int16: try convert(values, at: place.offset) { Int16($0) }
        case .int8: try convert(values, at: place.offset) { Int8($0) }
        case .uint8, .bool: try convert(values, at: place.offset) { UInt8($0) }
        case .float64, .float32, .float16, .bfloat16:
            preconditionFailure("\(name) is declared as \(place.entry.scalarType.rawValue)")
        }
    }

    /// Writes the next bytes of a tensor, little-endian and row-major, whatever its type.
    ///
    /// - Parameters:
    ///   - bytes: No more than are missing.
    ///   - name: A declared tensor that none of the other operations has written.
    /// - Throws: `FileError` if the file cannot be written.
    package func append(_ bytes: [UInt8], to name: String) throws(FileError) {
        guard let place = places[name], bytes.count <= place.byteCount - place.writtenBytes else {
            preconditionFailure("\(bytes.count) bytes for \(name) of \(file.path) do not fit")
        }
        try file.write(bytes, at: place.offset + place.writtenBytes)
        places[name]?.writtenBytes += bytes.count
    }

    /// Puts the complete file in its place.
    ///
    /// - Parameter isDurable: Whether to return only after it is on the disk.
    /// - Throws: `FileError` if it cannot be synced or renamed.
    package func finish(isDurable: Bool = true) throws(FileError) {
        let missing = places.values.filter { $0.writtenBytes < $0.byteCount }
            .map(\.entry.name).sorted()
        precondition(missing.isEmpty, "\(missing) declared for \(file.path) but never written")
        try file.commit(isDurable: isDurable)
    }

    private func take(_ name: String, count: Int) -> Place {
        guard let place = places[name], place.writtenBytes == 0 else {
            preconditionFailure("\(name) of \(file.path) is undeclared or written twice")
        }
        precondition(
            count == place.entry.shape.count,
            "\(count) values for \(name) of shape \(place.entry.shape)"
        )
        places[name]?.writtenBytes = place.byteCount
        return place
    }

    /// Writes converted elements piece by piece: a large tensor is not held twice.
    private func convert<Source, Target: BitwiseCopyable>(
        _ values: [Source],
        at offset: Int,
        _ convert: (Source) -> Target
    ) throws(FileError) {
        let piece = 1 << 18
        for start in stride(from: 0, to: values.count, by: piece) {
            let converted = values[start..<min(start + piece, values.count)].map(convert)
            try write(converted, at: offset + start * MemoryLayout<Target>.size)
        }
    }

    private func write<Element: BitwiseCopyable>(
        _ values: [Element],
        at offset: Int
    ) throws(FileError) {
        let outcome = unsafe values.withUnsafeBytes { bytes in
            Result { () throws(FileError) in try unsafe file.write(bytes, at: offset) }
        }
        try outcome.get()
    }

    /// The upper half of a float32, rounded to nearest even; NaN stays NaN.
    private static func bfloat16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if value.isNaN { return UInt16(bits >> 16) | 0x40 }
        return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    }
}

extension SafetensorsFile {
    /// Writes tensors that are all in memory.
    ///
    /// - Parameters:
    ///   - tensors: Float32 tensors by name.
    ///   - integers: Integer tensors by name, written as `I64`.
    ///   - scalarType: What `tensors` are rounded to; a floating-point type.
    ///   - metadata: Written as `__metadata__` unless empty.
    ///   - path: Where the file will be; what is there is replaced.
    /// - Throws: `FileError` if it cannot be written.
    package static func write(
        _ tensors: [String: HostTensor],
        integers: [String: (values: [Int64], shape: Shape)] = [:],
        as scalarType: ScalarType = .float32,
        metadata: [String: String] = [:],
        to path: String
    ) throws(FileError) {
        let floats = tensors.map {
            SafetensorsWriter.Entry(name: $0.key, scalarType: scalarType, shape: $0.value.shape)
        }
        let wholes = integers.map {
            SafetensorsWriter.Entry(name: $0.key, scalarType: .int64, shape: $0.value.shape)
        }
        let writer = try SafetensorsWriter(
            path: path,
            entries: floats + wholes,
            metadata: metadata
        )
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            try writer.write(tensor.values, named: name)
        }
        for (name, tensor) in integers.sorted(by: { $0.key < $1.key }) {
            try writer.write(integers: tensor.values, named: name)
        }
        try writer.finish()
    }
}
