import Tensors

/// A model in the public folder layout: `model_index.json`, and a folder per component.
package struct CheckpointFolder: Sendable {
    /// The largest `config.json` or index file read.
    static let jsonBytesMax = 32 << 20
    static let indexName = "model_index.json"

    package let path: String
    /// The class of the pipeline that `model_index.json` names, if it does.
    package let pipelineClass: String?
    /// All that `model_index.json` says.
    package let index: ConfigObject
    /// All components that `model_index.json` declares or that have a folder of a known name,
    /// sorted by name; each may turn out to be missing or malformed.
    package let components: [CheckpointComponent]

    /// Reads `model_index.json` and looks which component folders are there.
    ///
    /// - Throws: `CheckpointError` if the folder or its index is missing or malformed.
    package static func open(_ path: String) throws(CheckpointError) -> CheckpointFolder {
        // A slash at the end of what was typed would stand twice in messages.
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        try requireFolder(path)
        let indexPath = "\(path)/\(indexName)"
        guard let index = try JSONValue.object(at: indexPath) else {
            throw CheckpointError(.noFile(indexName), path: path)
        }
        return try CheckpointFolder(path: path, index: index, indexPath: indexPath)
    }

    private init(
        path: String,
        index: [String: JSONValue],
        indexPath: String
    ) throws(CheckpointError) {
        self.path = path
        self.index = ConfigObject(index, label: indexPath)
        if case .string(let name)? = index["_class_name"] {
            pipelineClass = name
        } else {
            pipelineClass = nil
        }
        var declared: [String: String?] = [:]
        for (name, value) in index where !name.hasPrefix("_") && !Self.isAbsent(value) {
            if let className = Self.className(in: value) {
                // The name becomes part of a path.
                guard isPlainFileName(name) else {
                    throw CheckpointError(
                        .malformed(key: name, expected: "a component's name without slashes"),
                        path: indexPath
                    )
                }
                declared[name] = className
            } else if Self.knownNames.contains(name) {
                // Other values are settings of the pipeline, unless the name is a component's.
                throw CheckpointError(
                    .malformed(key: name, expected: "[library, class]"),
                    path: indexPath
                )
            }
        }
        for name in Self.knownNames where declared[name] == nil {
            let status = try? SystemFile.status(of: "\(path)/\(name)")
            if status?.isFolder == true { declared[name] = .some(nil) }
        }
        components = declared.sorted { $0.key < $1.key }.map { name, className in
            CheckpointComponent(name: name, path: "\(path)/\(name)", declaredClass: className)
        }
    }

    /// The component of a name.
    ///
    /// - Throws: `CheckpointError` if there is no folder of that name.
    package func component(_ name: String) throws(CheckpointError) -> CheckpointComponent {
        guard let component = components.first(where: { $0.name == name }) else {
            throw CheckpointError(.noFile(name), path: path)
        }
        try component.requireFolder()
        return component
    }

    static func requireFolder(_ path: String) throws(CheckpointError) {
        let status = try CheckpointError.reading(path) { () throws(FileError) in
            try SystemFile.status(of: path)
        }
        guard let status, status.isFolder else { throw CheckpointError(.noFolder, path: path) }
    }

    /// The class in `[library, class]`.
    private static func className(in value: JSONValue) -> String? {
        guard case .array(let pair) = value, pair.count == 2, case .string = pair[0],
            case .string(let name) = pair[1]
        else { return nil }
        return name
    }

    /// Whether the index says that the pipeline goes without this component.
    private static func isAbsent(_ value: JSONValue) -> Bool {
        value == .null || value == .array([.null, .null])
    }

    private static let knownNames = Set(ComponentKind.allCases.map(\.folder))
}

extension JSONValue {
    /// The object in a JSON file, or nil if there is no such file.
    static func object(at path: String) throws(CheckpointError) -> [String: JSONValue]? {
        let bytes = try CheckpointError.reading(path) { () throws(FileError) -> [UInt8]? in
            guard try SystemFile.status(of: path) != nil else { return nil }
            return try SystemFile.read(path, limit: CheckpointFolder.jsonBytesMax)
        }
        guard let bytes else { return nil }
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes)
        } catch {
            throw CheckpointError(.json(error), path: path)
        }
        guard case .object(let members) = value else {
            throw CheckpointError(
                .json(JSONError(byteOffset: 0, reason: "expected an object")),
                path: path
            )
        }
        return members
    }
}

/// Whether a name from a file stays inside the folder it is appended to.
func isPlainFileName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
        && !name.utf8.contains(0)
}
