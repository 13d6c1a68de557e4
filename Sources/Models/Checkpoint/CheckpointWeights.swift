import NN
package import Tensors

/// The tensors of one component: a safetensors file, or the shards that an index file lists.
package struct CheckpointWeights: TensorSource {
    /// The file, or the index file of shards.
    package let label: String
    package let names: [String]
    package let files: [SafetensorsFile]
    private let fileOfName: [String: Int]

    package func tensor(named name: String) -> StoredTensor? {
        guard let index = fileOfName[name] else { return nil }
        return files[index].tensor(named: name)
    }

    private init(label: String, files: [SafetensorsFile], fileOfName: [String: Int]) {
        self.label = label
        self.files = files
        self.fileOfName = fileOfName
        names = fileOfName.keys.sorted()
    }

    /// Opens one file as the whole.
    ///
    /// - Throws: `CheckpointError` with what is wrong with the file.
    package init(file path: String) throws(CheckpointError) {
        let file = try Self.open(path)
        self.init(
            label: path,
            files: [file],
            fileOfName: Dictionary(uniqueKeysWithValues: file.names.map { ($0, 0) })
        )
    }

    /// Opens all shards that an index file lists.
    ///
    /// - Throws: `CheckpointError` unless every tensor is in exactly the shard it is listed for and
    ///   every shard's tensors are listed.
    package init(index path: String) throws(CheckpointError) {
        let index = try JSONValue.object(at: path) ?? [:]
        guard case .object(let map)? = index["weight_map"] else {
            throw CheckpointError(
                .malformed(key: "weight_map", expected: "an object of tensors and files"),
                path: path
            )
        }
        var shardOfName: [String: String] = [:]
        for (name, value) in map.sorted(by: { $0.key < $1.key }) {
            // A shard lies beside the index: nothing the index says leads out of the folder.
            guard case .string(let shard) = value, isPlainFileName(shard),
                shard.hasSuffix(".safetensors")
            else {
                throw CheckpointError(
                    .malformed(key: name, expected: "a .safetensors file of the same folder"),
                    path: path
                )
            }
            shardOfName[name] = shard
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let shards = Set(shardOfName.values).sorted()
        var files: [SafetensorsFile] = []
        for shard in shards {
            do {
                files.append(try Self.open(folder + shard))
            } catch  where error.isNoSuchFile {
                throw CheckpointError(.missingShard(shard), path: path)
            }
        }
        try Self.check(shardOfName, against: files, shards, path: path)
        let numbers = Dictionary(uniqueKeysWithValues: zip(shards, shards.indices))
        self.init(
            label: path,
            files: files,
            fileOfName: shardOfName.compactMapValues { numbers[$0] }
        )
    }

    private static func check(
        _ shardOfName: [String: String],
        against files: [SafetensorsFile],
        _ shards: [String],
        path: String
    ) throws(CheckpointError) {
        for (shard, file) in zip(shards, files) {
            for name in file.names {
                guard let listed = shardOfName[name] else {
                    throw CheckpointError(.tensorNotInIndex(name, shard: shard), path: path)
                }
                guard listed == shard else {
                    throw CheckpointError(
                        .tensorNotInShard(name, shard: listed, foundIn: shard),
                        path: path
                    )
                }
            }
        }
        let found = Set(files.flatMap(\.names))
        let missing = shardOfName.keys.filter { !found.contains($0) }.sorted()
        if let name = missing.first, let shard = shardOfName[name] {
            throw CheckpointError(.tensorNotInShard(name, shard: shard, foundIn: nil), path: path)
        }
    }

    private static func open(_ path: String) throws(CheckpointError) -> SafetensorsFile {
        do {
            return try SafetensorsFile.open(path)
        } catch {
            throw CheckpointError(.safetensors(error), path: path)
        }
    }
}

extension CheckpointError {
    fileprivate var isNoSuchFile: Bool {
        guard case .safetensors(let error) = code, case .file(let file) = error.code else {
            return false
        }
        return file.isMissing
    }
}

extension SafetensorsFile: TensorSource {
    package var label: String { path }
}

extension CheckpointComponent {
    /// Opens the component's weights, as they are named in the files.
    ///
    /// - Parameters:
    ///   - name: The files' name without variant and extension, as `ComponentKind.weightsName`.
    ///   - variant: The variant to read, such as `fp16`; nil for the plain files, or for `fp16` if
    ///     that is all there is.
    /// - Returns: All tensors.
    /// - Throws: `CheckpointError` if they are missing, pickled or malformed.
    package func weights(
        _ name: String,
        variant: String? = nil
    ) throws(CheckpointError) -> CheckpointWeights {
        try requireFolder()
        let present = try CheckpointError.reading(path) { () throws(FileError) in
            try SystemFile.names(in: path)
        }
        for variant in variant.map({ [$0] }) ?? [nil, "fp16"] {
            let infix = variant.map { ".\($0)" } ?? ""
            let file = "\(name)\(infix).safetensors"
            if present.contains(file) { return try CheckpointWeights(file: "\(path)/\(file)") }
            // The libraries have put the variant in either place.
            let indexes = [
                "\(name).safetensors.index\(infix).json", "\(name)\(infix).safetensors.index.json",
            ]
            for index in indexes where present.contains(index) {
                return try CheckpointWeights(index: "\(path)/\(index)")
            }
        }
        let pickled = present.first { file in
            [".bin", ".ckpt", ".pt", ".pth"].contains { file.hasSuffix($0) }
        }
        if let pickled { throw CheckpointError(.onlyPickled(found: pickled), path: path) }
        let infix = variant.map { ".\($0)" } ?? ""
        throw CheckpointError(.noWeights(expected: "\(name)\(infix).safetensors"), path: path)
    }
}
