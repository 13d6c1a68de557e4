import Models
import Pipelines
import Tensors

/// One checkpoint of a run: a model folder as any other, and the state that the next step depends
/// on, in `training.safetensors` and `training.json`.
package struct TrainingCheckpoint {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    private var tensorsPath: String { "\(path)/training.safetensors" }
    private var recordPath: String { "\(path)/training.json" }

    /// Writes all into the folder, which is empty.
    ///
    /// - Throws: `FileError`, `CheckpointError` or `BackendError`.
    func write(
        _ optimizer: Optimizer,
        of task: any TrainingTask,
        step: Int,
        settings: [String: JSONValue],
        start: CheckpointFolder
    ) throws {
        let averages = optimizer.weights
        let components = try optimizer.withAverages {
            try task.recording.withoutRecording { try task.components() }
        }
        try ModelWriter(start: start, components: components).write(to: path) { component in
            task.recording.parameters.filter { $0.component == component.kind.folder }.map {
                ($0.key, averages[Optimizer.name($0)] ?? $0.value)
            }
        }
        let state = optimizer.state
        var checksums: [String: UInt64] = [:]
        let writer = try SafetensorsWriter(
            path: tensorsPath,
            entries: state.map { .init(name: $0.name, shape: $0.tensor.shape) }
        )
        for (name, tensor) in state {
            let values = try tensor.download().values
            checksums[name] = TrainingRecord.checksum(values)
            try writer.write(values, named: name)
        }
        try writer.finish()
        let record = TrainingRecord(
            version: weftVersion,
            stage: task.name,
            step: step,
            settings: settings,
            updates: optimizer.updates,
            checksums: checksums
        )
        let text = record.json.serialized(isIndented: true) + "\n"
        try SystemFile.writeAtomically(Array(text.utf8), to: recordPath)
    }

    /// Reads the record.
    ///
    /// - Throws: `Damage` if it is missing or something else.
    func record() throws -> TrainingRecord {
        let bytes: [UInt8]
        do {
            bytes = try SystemFile.read(recordPath, limit: 1 << 28)
        } catch {
            throw Damage(error.description)
        }
        guard let json = try? JSONValue.parse(bytes, maximumBytes: 1 << 28),
            let record = TrainingRecord(json)
        else {
            throw Damage("training.json is no record of schema \(TrainingRecord.schema)")
        }
        return record
    }

    /// Puts the state into the parameters and the optimiser, after all of it was found sound.
    ///
    /// - Throws: `Damage` if a tensor is missing, superfluous, of another shape or not what was
    ///   written.
    func restore(_ optimizer: Optimizer, _ record: TrainingRecord) throws {
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile.open(tensorsPath)
        } catch {
            throw Damage(error.description)
        }
        let wanted = optimizer.state
        guard Set(wanted.map(\.name)) == Set(file.names) else {
            let difference = Set(wanted.map(\.name)).symmetricDifference(file.names)
            throw Damage("training.safetensors: \(difference.sorted()[0]) is missing or too many")
        }
        for (name, tensor) in wanted {
            guard let stored = file.tensor(named: name), stored.shape == tensor.shape,
                stored.scalarType == .float32
            else { throw Damage("training.safetensors: \(name) is not F32 of \(tensor.shape)") }
            guard TrainingRecord.checksum(stored.floats()) == record.checksums[name] else {
                throw Damage("training.safetensors: \(name) is not what was written")
            }
            stored.discard()
        }
        guard Set(record.updates.keys) == Set(optimizer.updates.keys) else {
            throw Damage("training.json: the updates are of other parameters")
        }
        try optimizer.restore(updates: record.updates) { name in
            guard let stored = file.tensor(named: name) else {
                throw Damage("training.safetensors: \(name) is gone")
            }
            defer { stored.discard() }
            return stored.hostTensor()
        }
    }

    /// Why a checkpoint is no good.
    struct Damage: Error, Hashable {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }
}
