package import Scheduling
import Synchronization
import Tensors
import WireProtocol

/// Results of units as files, raw little-endian tensors: `jobs/JOB/shot-S/KIND-INDEX-ROUND.bin`.
///
/// A file has its name only when it is whole and on the disk, so whoever finds one may rely on its
/// having been complete; `read` checks that it still is. What shape and type it has is in the job's
/// plan. May be used by several threads at a time, but one unit is written by one.
package final class ArtifactStore: Sendable {
    private let jobs: String
    private let spool: String
    private let files: any FileLayer
    private let temporaryCount = Atomic<UInt64>(0)
    /// Folders whose names this process has made durable.
    private let durableFolders = Mutex<Set<String>>([])

    /// Opens the store of a state folder.
    package convenience init(_ folder: StateFolder) {
        self.init(jobs: folder.jobs, spool: folder.spool, files: SystemFileLayer())
    }

    /// Opens a store.
    ///
    /// - Parameters:
    ///   - jobs: Folder of the results; it is there.
    ///   - spool: Folder of what is being written; it is there. What a store that was killed left
    ///     in it is removed.
    ///   - files: The file system.
    package init(jobs: String, spool: String, files: any FileLayer) {
        self.jobs = jobs
        self.spool = spool
        self.files = files
        for name in (try? files.names(in: spool)) ?? [] { try? files.delete("\(spool)/\(name)") }
    }

    /// Makes results durable: when this returns, each survives the loss of power.
    ///
    /// All contents are synced, then all are named, then each folder is synced once.
    ///
    /// - Parameter results: Of different units.
    /// - Throws: `ArtifactError`; then none of them may be relied on.
    package func write(_ results: [(unit: UnitKey, bytes: [UInt8])]) throws(ArtifactError) {
        var temporary: [String] = []
        do {
            for (_, bytes) in results {
                let number = temporaryCount.add(1, ordering: .relaxed).newValue
                let path = "\(spool)/\(number).part"
                // A write that fails halfway leaves a file too.
                temporary.append(path)
                try files.writeSynced(bytes, to: path)
            }
            var folders: Set<String> = []
            for (index, (unit, _)) in results.enumerated() {
                let folder = folder(of: unit)
                if folders.insert(folder).inserted { try makeFolder(folder, of: unit.job) }
                try files.move(temporary[index], to: path(of: unit))
            }
            for folder in folders.sorted() { try files.syncFolder(folder) }
        } catch {
            for path in temporary { try? files.delete(path) }
            throw ArtifactError(.file(error))
        }
    }

    /// Reads a result and makes sure that it is the one that was accepted.
    ///
    /// - Parameters:
    ///   - unit: Whose.
    ///   - summary: What the ledger has of it.
    /// - Returns: All its bytes.
    /// - Throws: `ArtifactError` if it is missing, damaged or unreadable.
    package func read(
        _ unit: UnitKey,
        expecting summary: ResultSummary
    ) throws(ArtifactError) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try files.read(path(of: unit), limit: summary.byteCount)
        } catch {
            if error.isMissing { throw ArtifactError(.missing(unit)) }
            if case .tooLarge = error.reason {
                let reason = "it has more than its \(summary.byteCount) bytes"
                throw ArtifactError(.damaged(unit, reason: reason))
            }
            throw ArtifactError(.file(error))
        }
        guard bytes.count == summary.byteCount else {
            let reason = "it has \(bytes.count) of \(summary.byteCount) bytes"
            throw ArtifactError(.damaged(unit, reason: reason))
        }
        guard Checksum.of(bytes) == summary.checksum else {
            throw ArtifactError(.damaged(unit, reason: "its checksum is another"))
        }
        return bytes
    }

    /// Removes a result that nobody will ask for; one that cannot be removed goes with its job.
    package func remove(_ unit: UnitKey) {
        try? files.delete(path(of: unit))
    }

    /// Removes all results of a job; what cannot be removed is tried again at the next start.
    package func remove(_ job: JobID) {
        let folder = "\(jobs)/\(job)"
        durableFolders.withLock { known in
            known = known.filter { !$0.hasPrefix("\(folder)/") }
        }
        for shot in (try? files.names(in: folder)) ?? [] {
            for name in (try? files.names(in: "\(folder)/\(shot)")) ?? [] {
                try? files.delete("\(folder)/\(shot)/\(name)")
            }
            try? files.delete("\(folder)/\(shot)")
        }
        try? files.delete(folder)
    }

    /// Removes what a coordinator that was killed left: results of jobs that need none any more.
    ///
    /// - Parameter needed: Jobs whose results may still be asked for.
    package func removeAll(besides needed: Set<JobID>) {
        for name in (try? files.names(in: jobs)) ?? [] {
            guard let job = JobID(name), "\(job)" == name, !needed.contains(job) else { continue }
            remove(job)
        }
    }

    /// Bytes of all results of a job that are on the disk.
    ///
    /// - Parameter job: Any job.
    /// - Returns: 0 for a job without results.
    /// - Throws: `ArtifactError` if the folder cannot be read.
    package func bytesUsed(by job: JobID) throws(ArtifactError) -> Int {
        let folder = "\(jobs)/\(job)"
        var total = 0
        do {
            for shot in try files.names(in: folder) {
                for name in try files.names(in: "\(folder)/\(shot)") {
                    total += try files.byteCount(of: "\(folder)/\(shot)/\(name)") ?? 0
                }
            }
        } catch {
            throw ArtifactError(.file(error))
        }
        return total
    }

    /// The file of a unit's result.
    package func path(of unit: UnitKey) -> String {
        let id = unit.unit
        return "\(folder(of: unit))/\(id.kind.rawValue)-\(id.index)-\(id.round).bin"
    }

    private func folder(of unit: UnitKey) -> String { "\(jobs)/\(unit.job)/shot-\(unit.shot)" }

    /// Makes a shot's folder with a durable name, once for each start: one that a killed
    /// coordinator made may have none yet.
    private func makeFolder(_ folder: String, of job: JobID) throws(FileError) {
        guard durableFolders.withLock({ !$0.contains(folder) }) else { return }
        try files.makeFolder("\(jobs)/\(job)")
        try files.makeFolder(folder)
        try files.syncFolder("\(jobs)/\(job)")
        try files.syncFolder(jobs)
        durableFolders.withLock { _ = $0.insert(folder) }
    }
}
