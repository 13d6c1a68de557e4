import NN
package import Tensors

/// What a component's folder holds, without loading it.
package struct ComponentReport: Sendable {
    package enum State: Sendable {
        case readable
        /// The folder or its weights are not there.
        case missing(CheckpointError)
        case unreadable(CheckpointError)
        /// Of a class that weft has no use for.
        case foreign
    }

    /// A file of the folder.
    package struct File: Hashable, Sendable {
        package let name: String
        package let byteCount: Int
    }

    package let name: String
    package var className: String?
    package var kind: ComponentKind?
    package var state = State.readable
    /// The config keys that tell what it is, in reading order; only those that are there.
    package var essentials: [(key: String, value: JSONValue)] = []
    package var files: [File] = []
    package var tensorCount = 0
    /// Floating-point values in all tensors.
    package var parameterCount = 0
    /// How many tensors there are of each type.
    package var scalarTypes: [ScalarType: Int] = [:]

    /// The state as one word, as `--json` prints it.
    package var word: String {
        switch state {
        case .readable: "readable"
        case .missing: "missing"
        case .unreadable: "unreadable"
        case .foreign: "foreign"
        }
    }

    /// What is wrong, in one sentence.
    package var problem: CheckpointError? {
        switch state {
        case .readable, .foreign: nil
        case .missing(let error), .unreadable(let error): error
        }
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "state": .string(word),
            "files": .array(
                files.map {
                    .object(["name": .string($0.name), "bytes": .integer($0.byteCount)])
                }
            ),
        ]
        if let className { members["class"] = .string(className) }
        if let problem { members["problem"] = .string("\(problem)") }
        if let kind {
            members["kind"] = .string(kind.rawValue)
            members["config"] = .object(
                Dictionary(uniqueKeysWithValues: essentials.map { ($0.key, $0.value) })
            )
        }
        if tensorCount > 0 {
            members["tensors"] = .integer(tensorCount)
            members["parameters"] = .integer(parameterCount)
            members["dtypes"] = .object(
                Dictionary(
                    uniqueKeysWithValues: scalarTypes.map { ($0.key.rawValue, .integer($0.value)) }
                )
            )
        }
        return .object(members)
    }
}

extension CheckpointFolder {
    /// What every component's folder holds; only configs and headers are read.
    ///
    /// - Parameter variant: As for `CheckpointComponent.tensors(variant:)`.
    /// - Returns: One report a component, sorted by name.
    package func inspect(variant: String? = nil) -> [ComponentReport] {
        components.map { $0.inspect(variant: variant) }
    }
}

extension CheckpointComponent {
    /// What the folder holds; only configs and headers are read.
    package func inspect(variant: String? = nil) -> ComponentReport {
        var report = ComponentReport(name: name, className: declaredClass)
        do {
            if isForeign {
                report.state = .foreign
                report.files = (try? files()) ?? []
                return report
            }
            report.files = try files()
            report.className = try className()
            let kind = try kind()
            report.kind = kind
            let config = try config(kind.configName)
            report.essentials = kind.essentialKeys.compactMap { key in
                config.contains(key) ? config.values[key].map { (key, $0) } : nil
            }
            guard kind.hasWeights else { return report }
            let source = try tensors(variant: variant)
            for tensor in source.names.compactMap(source.tensor(named:)) {
                report.tensorCount += 1
                report.scalarTypes[tensor.scalarType, default: 0] += 1
                if tensor.scalarType.isFloatingPoint { report.parameterCount += tensor.shape.count }
            }
        } catch {
            report.state = error.isMissing ? .missing(error) : .unreadable(error)
        }
        return report
    }

    private func files() throws(CheckpointError) -> [ComponentReport.File] {
        try requireFolder()
        return try CheckpointError.reading(path) { () throws(FileError) in
            var files: [ComponentReport.File] = []
            for name in try SystemFile.names(in: path) {
                guard let status = try SystemFile.status(of: "\(path)/\(name)"), status.isRegular
                else { continue }
                files.append(ComponentReport.File(name: name, byteCount: status.byteCount))
            }
            return files
        }
    }
}
