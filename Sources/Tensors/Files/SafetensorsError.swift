/// A safetensors file that does not keep to the format.
package struct SafetensorsError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case file(FileError)
        /// Not even the eight bytes of the header's length.
        case tooShort(byteCount: Int)
        case headerTooLong(length: UInt64, limit: Int)
        case headerPastEnd(length: Int, byteCount: Int)
        case header(JSONError)
        case headerNotObject
        /// `__metadata__` must map strings to strings.
        case metadata
        case entry(expected: String)
        case scalarType(found: String)
        case shape
        case shapeOverflow
        case offsetsReversed(begin: Int, end: Int)
        case pastEnd(end: Int, dataBytes: Int)
        case wrongByteCount(expected: Int, found: Int)
        case overlap(other: String)
        case hole(begin: Int, end: Int)
        case trailingBytes(count: Int)
    }

    package let code: Code
    package let path: String
    /// The tensor at fault, if it is one's.
    package let tensor: String?

    package init(_ code: Code, path: String, tensor: String? = nil) {
        self.code = code
        self.path = path
        self.tensor = tensor
    }

    package var description: String {
        if case .file(let error) = code { return error.description }
        guard let tensor else { return "\(path): \(reason)" }
        return "\(path): tensor \(Self.quoted(tensor)): \(reason)"
    }

    private var reason: String {
        switch code {
        case .file(let error): error.description
        case .tooShort(let byteCount):
            "expected a safetensors file, found only \(byteCount) bytes"
        case .headerTooLong(let length, let limit):
            "expected a header of at most \(limit) bytes, found the length \(length)"
        case .headerPastEnd(let length, let byteCount):
            "the header is said to have \(length) bytes, but the file ends after \(byteCount)"
        case .header(let error): "the header is not valid JSON: \(error)"
        case .headerNotObject: "the header must be a JSON object"
        case .metadata: "__metadata__ must be an object of strings"
        case .entry(let expected): "expected \(expected)"
        case .scalarType(let found):
            "expected one of the dtypes \(ScalarType.allNames), found \(Self.quoted(found))"
        case .shape: "shape must be a list of integers from 0 on"
        case .shapeOverflow: "shape is too large for any file"
        case .offsetsReversed(let begin, let end):
            "data_offsets must be 0 <= begin <= end, found [\(begin), \(end)]"
        case .pastEnd(let end, let dataBytes):
            "its data ends at \(end), but the file holds only \(dataBytes) bytes of data"
        case .wrongByteCount(let expected, let found):
            "expected \(expected) bytes of data by shape and dtype, found \(found)"
        case .overlap(let other): "its data overlaps that of \(Self.quoted(other))"
        case .hole(let begin, let end):
            "the bytes \(begin)..<\(end) before its data belong to no tensor"
        case .trailingBytes(let count): "\(count) bytes after the last tensor belong to none"
        }
    }

    /// A name from the file, safe to print: escaped as in JSON and cut.
    private static func quoted(_ name: String) -> String {
        let shown =
            name.unicodeScalars.count <= 200
            ? name : String(String.UnicodeScalarView(name.unicodeScalars.prefix(200))) + "..."
        return JSONValue.string(shown).serialized()
    }
}

extension ScalarType {
    fileprivate static var allNames: String {
        allCases.map(\.rawValue).joined(separator: ", ")
    }
}
