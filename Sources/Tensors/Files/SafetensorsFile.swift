/// A safetensors file, mapped into memory and checked whole before any tensor is handed out.
///
/// The format: the header's length as a little-endian `u64`; a JSON object of
/// `{name: {dtype, shape, data_offsets}}` and optionally `__metadata__`; then the data, which the
/// tensors cover without hole or overlap.
package struct SafetensorsFile: Sendable {
    /// The longest header read: the reference implementation's limit.
    package static let headerBytesMax = 100_000_000

    package let path: String
    /// What `__metadata__` says.
    package let metadata: [String: String]
    /// All tensors' names, sorted.
    package let names: [String]
    private let file: MappedFile
    private let entries: [String: Entry]

    private struct Entry: Sendable {
        let scalarType: ScalarType
        let shape: Shape
        /// Position in the file.
        var range: Range<Int>
    }

    /// Maps a file and checks its header; no tensor data is read.
    ///
    /// - Throws: `SafetensorsError` for everything that is wrong, of which no part is accepted.
    package static func open(_ path: String) throws(SafetensorsError) -> SafetensorsFile {
        let file: MappedFile
        do {
            file = try MappedFile(path)
        } catch {
            throw SafetensorsError(.file(error), path: path)
        }
        return try SafetensorsFile(file)
    }

    private init(_ file: MappedFile) throws(SafetensorsError) {
        self.file = file
        path = file.path
        let header = try Self.header(of: file)
        guard case .object(var members) = header.value else {
            throw SafetensorsError(.headerNotObject, path: file.path)
        }
        metadata = try Self.metadata(members.removeValue(forKey: "__metadata__"), file.path)
        var entries: [String: Entry] = [:]
        entries.reserveCapacity(members.count)
        let dataBytes = file.byteCount - header.dataStart
        // Sorted, so that of several faults the same one is reported each time.
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            do {
                entries[name] = try Self.entry(value, dataBytes: dataBytes)
            } catch {
                throw SafetensorsError(error.code, path: file.path, tensor: name)
            }
        }
        try Self.checkCoverage(entries, dataBytes: dataBytes, path: file.path)
        self.entries = entries.mapValues { entry in
            var entry = entry
            let range = entry.range
            entry.range =
                (range.lowerBound + header.dataStart)..<(range.upperBound + header.dataStart)
            return entry
        }
        names = entries.keys.sorted()
    }

    /// The tensor of a name; its data stays in the file until asked for.
    package func tensor(named name: String) -> StoredTensor? {
        guard let entry = entries[name] else { return nil }
        return StoredTensor(
            name: name,
            scalarType: entry.scalarType,
            shape: entry.shape,
            region: file,
            range: entry.range
        )
    }

    package var byteCount: Int { file.byteCount }
}

// Reading the header.
extension SafetensorsFile {
    private struct EntryError: Error {
        let code: SafetensorsError.Code
        init(_ code: SafetensorsError.Code) { self.code = code }
    }

    private static func header(
        of file: MappedFile
    ) throws(SafetensorsError) -> (value: JSONValue, dataStart: Int) {
        guard file.byteCount >= 8 else {
            throw SafetensorsError(.tooShort(byteCount: file.byteCount), path: file.path)
        }
        let declared = unsafe file.withBytes { bytes in
            UInt64(littleEndian: unsafe bytes.loadUnaligned(as: UInt64.self))
        }
        guard declared <= UInt64(headerBytesMax) else {
            throw SafetensorsError(
                .headerTooLong(length: declared, limit: headerBytesMax),
                path: file.path
            )
        }
        let length = Int(declared)
        guard length <= file.byteCount - 8 else {
            throw SafetensorsError(
                .headerPastEnd(length: length, byteCount: file.byteCount),
                path: file.path
            )
        }
        let text = unsafe file.withBytes { bytes in unsafe [UInt8](bytes[8..<8 + length]) }
        // The format wants the brace at once, so that a file is known by its ninth byte.
        guard text.first == UInt8(ascii: "{") else {
            throw SafetensorsError(.headerNotObject, path: file.path)
        }
        do {
            let value = try JSONValue.parse(text, maximumBytes: headerBytesMax, maximumDepth: 8)
            return (value, 8 + length)
        } catch {
            throw SafetensorsError(.header(error), path: file.path)
        }
    }

    private static func metadata(
        _ value: JSONValue?,
        _ path: String
    ) throws(SafetensorsError) -> [String: String] {
        guard let value else { return [:] }
        let error = SafetensorsError(.metadata, path: path)
        guard case .object(let members) = value else { throw error }
        var result: [String: String] = [:]
        for (key, member) in members {
            guard case .string(let text) = member else { throw error }
            result[key] = text
        }
        return result
    }

    private static func entry(
        _ value: JSONValue,
        dataBytes: Int
    ) throws(EntryError) -> Entry {
        guard case .object(let members) = value else {
            throw EntryError(.entry(expected: "an object with dtype, shape and data_offsets"))
        }
        guard members.count == 3, case .string(let typeName)? = members["dtype"],
            case .array(let extents)? = members["shape"],
            case .array(let offsets)? = members["data_offsets"]
        else {
            throw EntryError(
                .entry(expected: "dtype (a string), shape and data_offsets (lists), nothing else")
            )
        }
        guard let scalarType = ScalarType(rawValue: typeName) else {
            throw EntryError(.scalarType(found: typeName))
        }
        let (shape, byteCount) = try shape(extents, scalarType)
        guard offsets.count == 2, case .integer(let begin) = offsets[0],
            case .integer(let end) = offsets[1]
        else {
            throw EntryError(.entry(expected: "data_offsets to be two integers"))
        }
        guard begin >= 0, begin <= end else {
            throw EntryError(.offsetsReversed(begin: begin, end: end))
        }
        guard end <= dataBytes else {
            throw EntryError(.pastEnd(end: end, dataBytes: dataBytes))
        }
        guard end - begin == byteCount else {
            throw EntryError(.wrongByteCount(expected: byteCount, found: end - begin))
        }
        return Entry(scalarType: scalarType, shape: shape, range: begin..<end)
    }

    private static func shape(
        _ extents: [JSONValue],
        _ scalarType: ScalarType
    ) throws(EntryError) -> (shape: Shape, byteCount: Int) {
        var dimensions: [Int] = []
        // The product of the non-zero extents must fit too: an operation may drop the zero axis.
        var product = scalarType.byteCount
        for extent in extents {
            guard case .integer(let dimension) = extent, dimension >= 0 else {
                throw EntryError(.shape)
            }
            let (next, overflows) = product.multipliedReportingOverflow(by: max(dimension, 1))
            guard !overflows else { throw EntryError(.shapeOverflow) }
            product = next
            dimensions.append(dimension)
        }
        return (Shape(dimensions), dimensions.contains(0) ? 0 : product)
    }

    /// Checks that the tensors follow each other from the first byte of data to the last.
    private static func checkCoverage(
        _ entries: [String: Entry],
        dataBytes: Int,
        path: String
    ) throws(SafetensorsError) {
        let ordered = entries.sorted {
            ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
                < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
        }
        var end = 0
        var previous = ""
        for (name, entry) in ordered {
            let range = entry.range
            guard range.lowerBound >= end else {
                throw SafetensorsError(.overlap(other: previous), path: path, tensor: name)
            }
            guard range.lowerBound == end else {
                throw SafetensorsError(
                    .hole(begin: end, end: range.lowerBound),
                    path: path,
                    tensor: name
                )
            }
            end = range.upperBound
            previous = name
        }
        guard end == dataBytes else {
            throw SafetensorsError(.trailingBytes(count: dataBytes - end), path: path)
        }
    }
}
