import Dispatch
import FFmpeg
import Foundation
import Scheduling
import Tensors
import WireProtocol

/// All that is durable: the ledger and the results.
///
/// Of the loop's thread; what is slow runs on queues.
final class Storage {
    let results: StoredResults
    let writer: ResultWriter
    /// Whether results can be stored, as the machine was told.
    var isWritable = true
    private let ledger: Ledger
    /// Keeps other coordinators out as long as this is there.
    private let folder: StateFolder
    private let probing = DispatchQueue(label: "weft.probe")
    private var details = LedgerDetails()
    private var isProbing = false

    /// Puts the parts together.
    ///
    /// - Parameters:
    ///   - ledger: Of the state folder.
    ///   - results: Where results are read.
    ///   - writer: Where they are written.
    ///   - folder: The state folder.
    init(_ ledger: Ledger, _ results: StoredResults, _ writer: ResultWriter, folder: StateFolder) {
        self.ledger = ledger
        self.results = results
        self.writer = writer
        self.folder = folder
    }

    // MARK: The ledger

    /// Makes entries durable, in one transaction with all that was noted since the last one.
    ///
    /// - Throws: `CoordinatorError`: the machine is ahead of the ledger then, and must not go on.
    func commit(_ entries: [LedgerEntry]) throws(CoordinatorError) {
        guard !entries.isEmpty else { return }
        try write(entries)
    }

    /// Makes durable what was noted and what no entry came for.
    ///
    /// - Throws: As `commit`.
    func commitDetails() throws(CoordinatorError) {
        guard isWritable, !details.isEmpty else { return }
        try write([])
    }

    private func write(_ entries: [LedgerEntry]) throws(CoordinatorError) {
        do {
            try ledger.append(entries, details)
        } catch {
            throw CoordinatorError(.durability, "the ledger cannot be written: \(error)")
        }
        details = LedgerDetails()
    }

    func note(_ record: JobRecord, of job: JobID) {
        details.note(record.specification, submittedAt: record.submittedAt, of: job)
    }

    func note(_ line: JobEventLine, of job: JobID) {
        details.note(line, of: job)
    }

    func note(deviceClass: String, of job: JobID) {
        details.note(deviceClass: deviceClass, of: job)
    }

    func note(_ origin: UnitOrigin) {
        details.note(origin)
    }

    func note(_ deviation: DeviceDeviation, of job: JobID) {
        details.note(deviation, of: job)
    }

    func note(_ overlap: MismatchRecord) {
        details.note(overlap)
    }

    /// Whether the overlap of the unit's window and another in the unit's round is in the ledger.
    func isMeasured(_ unit: UnitKey, _ other: Int) throws(CoordinatorError) -> Bool {
        do {
            return try ledger.isMeasured(unit, other)
        } catch {
            throw CoordinatorError(.durability, "the ledger cannot be read: \(error)")
        }
    }

    /// A page of the units of a job that have results, and where those were made.
    func origins(
        of job: JobID,
        after: UnitKey?,
        limit: Int
    ) throws(CoordinatorError) -> [UnitOrigin] {
        do {
            return try ledger.origins(of: job, after: after, limit: limit)
        } catch {
            throw CoordinatorError(.durability, "the ledger cannot be read: \(error)")
        }
    }

    func note(times: [Rational], from firstFrame: Int, of job: JobID) {
        details.note(times: times, from: firstFrame, of: job)
    }

    // MARK: The disk

    /// Whether the state folder's disk has more than `reserve` bytes.
    func hasRoom(besides reserve: Int, _ freeBytes: (String) -> Int?) -> Bool {
        // A system that does not say is told by its first failed write.
        freeBytes(folder.path).map { $0 > reserve } ?? true
    }

    /// Finds out whether a file can be written and synced; one try at a time.
    func probe(_ tell: @escaping @Sendable (Bool) -> Void) {
        guard !isProbing else { return }
        isProbing = true
        probing.async { [folder] in
            let bytes = [UInt8](repeating: 0, count: 1 << 20)
            let path = "\(folder.spool)/probe"
            let isWritten = (try? SystemFile.writeAtomically(bytes, to: path)) != nil
            try? FileManager.default.removeItem(atPath: path)
            tell(isWritten)
        }
    }

    func probeEnded() {
        isProbing = false
    }

    /// Returns when all results that were taken are on the disk.
    func close() {
        writer.finish()
    }
}
