package import Logging
package import Scheduling
package import Tensors
package import WireProtocol

/// Finished results, as files until the coordinator has answered for them; they survive the worker.
///
/// A file's name is its farm and its lease: leases of two farms bear the same names. Its last step
/// is the rename by which the runner ends it, so what has a result's name is complete. Bytes are
/// bounded: room is reserved before a unit runs.
package final class Spool {
    /// Files that are no results and were put aside, at most.
    package static let asideMax = 16

    private let folder: String
    package let byteLimit: Int
    private let logger: Logger
    /// The farm that the worker is of, or was of when it ended; nil if it never was of any.
    package private(set) var farm: FarmID?
    /// Bytes of results that wait for other farms.
    private var otherByteCount = 0
    private var sizes: [Lease: Int] = [:]
    private var reserved: [Lease: Int] = [:]
    private var opened: [Lease: SpoolFile] = [:]

    /// Opens a spool and looks at what an earlier run left there.
    ///
    /// Files that are no results are put aside, into the folder `aside`; what a killed runner had
    /// not finished is removed.
    ///
    /// - Parameters:
    ///   - folder: Made if it is missing.
    ///   - byteLimit: Bytes of results at most.
    ///   - logger: Hears of every file that is put aside.
    /// - Throws: `FileError` if the folder cannot be made, read or changed.
    package init(folder: String, byteLimit: Int, logger: Logger) throws(FileError) {
        self.folder = folder
        self.byteLimit = byteLimit
        self.logger = logger
        try SystemFile.makeFolder(folder)
        try removePartialFiles()
        if let bytes = try? SystemFile.read("\(folder)/\(Self.farmName)", limit: 64) {
            farm = FarmID(String(decoding: bytes, as: UTF8.self))
        }
        try adoptAll()
    }

    private static let aside = "aside"
    /// The file that keeps the farm's name.
    private static let farmName = "farm"
    private static let suffix = ".safetensors"

    /// The worker is of this farm from now on: `leases` are those of results that wait for it.
    ///
    /// Results of the farm before stay where they are until the worker is of that farm again.
    ///
    /// - Parameter farm: From the coordinator's welcome.
    /// - Throws: `FileError` if the farm's name cannot be kept.
    package func enter(_ farm: FarmID) throws(FileError) {
        guard farm != self.farm else { return }
        if !sizes.isEmpty {
            logger.warning(
                "results wait for another farm; they go when this worker is of that farm again",
                metadata: [
                    "farm": "\(self.farm?.description ?? "none")", "count": "\(sizes.count)",
                    "folder": "\(folder)",
                ]
            )
        }
        try SystemFile.writeAtomically(
            Array(farm.description.utf8),
            to: "\(folder)/\(Self.farmName)"
        )
        self.farm = farm
        (sizes, reserved, opened, otherByteCount) = ([:], [:], [:], 0)
        try adoptAll()
    }

    private func adoptAll() throws(FileError) {
        for name in try SystemFile.names(in: folder)
        where name != Self.aside && name != Self.farmName {
            try adopt(name)
        }
    }

    private func adopt(_ name: String) throws(FileError) {
        let path = "\(folder)/\(name)"
        do {
            guard let (owner, lease) = Self.owner(ofFile: name) else {
                throw SpoolError("\(path): the name is no lease of a farm")
            }
            guard owner == farm else {
                otherByteCount += try SystemFile.status(of: path)?.byteCount ?? 0
                return
            }
            // Its checksum is made when it is sent: a full spool should not delay the start.
            let file = try SafetensorsFile.open(path)
            guard file.names.count == 1 else {
                throw SpoolError("\(path): expected one tensor, found \(file.names.count)")
            }
            sizes[lease] = try SystemFile.status(of: path)?.byteCount ?? file.byteCount
        } catch {
            logger.warning(
                "a file in the spool is no result and is put aside",
                metadata: [
                    "file": "\(name)", "error": "\(error)",
                ]
            )
            try putAside(name)
        }
    }

    /// Results that wait for the coordinator, in the order in which their leases were granted.
    package var leases: [Lease] { sizes.keys.sorted() }

    /// Bytes of results that can still be taken.
    package var freeByteCount: Int {
        let taken = sizes.values.reduce(0, +) + reserved.values.reduce(0, +) + otherByteCount
        return max(0, byteLimit - taken)
    }

    /// Reserves room for a result that is going to be made.
    ///
    /// - Returns: False if there is not enough.
    package func reserve(_ byteCount: Int, for lease: Lease) -> Bool {
        reserved[lease] = nil
        guard byteCount <= freeByteCount else { return false }
        reserved[lease] = byteCount
        return true
    }

    /// Where the runner writes the result of a lease; the worker is of a farm.
    package func path(of lease: Lease) -> String {
        guard let farm else { preconditionFailure("\(lease) of no farm") }
        return "\(folder)/\(Self.name(of: lease, farm))"
    }

    /// Takes what the runner has finished.
    ///
    /// - Parameters:
    ///   - lease: Under which it ran.
    ///   - expected: What the result has to be.
    /// - Throws: `SafetensorsError` or `SpoolError` if the file is not that; it is removed.
    package func admit(_ lease: Lease, expecting expected: InputDescription) throws {
        do {
            let file = try SpoolFile(path(of: lease))
            guard file.fits(expected) else {
                throw SpoolError(
                    "\(lease): expected \(expected.name) \(expected.scalarType) \(expected.shape), "
                        + "the runner made \(file.name) \(file.scalarType) \(file.shape)"
                )
            }
            let status = try SystemFile.status(of: path(of: lease))
            reserved[lease] = nil
            sizes[lease] = status?.byteCount ?? file.byteCount
            opened[lease] = file
        } catch {
            remove(lease)
            throw error
        }
    }

    /// A result, for sending.
    ///
    /// - Throws: `SafetensorsError` or `SpoolError` if the file was damaged since it was taken; it
    ///   is put aside.
    package func result(of lease: Lease) throws -> SpoolFile {
        if let file = opened[lease] { return file }
        do {
            let file = try SpoolFile(path(of: lease))
            opened[lease] = file
            return file
        } catch {
            sizes[lease] = nil
            if let farm { try putAside(Self.name(of: lease, farm)) }
            throw error
        }
    }

    /// The coordinator has it or does not want it, or the unit was given up: drops the file and the
    /// room.
    package func remove(_ lease: Lease) {
        sizes[lease] = nil
        reserved[lease] = nil
        opened[lease] = nil
        do {
            try SystemFile.delete(path(of: lease))
        } catch {
            logger.warning("a result stays on the disk", metadata: ["error": "\(error)"])
        }
    }

    /// Removes what a runner that is no more had not finished.
    package func removePartialFiles() throws(FileError) {
        for name in try SystemFile.names(in: folder)
        where name.hasPrefix(".") && name.hasSuffix(".partial") {
            try SystemFile.delete("\(folder)/\(name)")
        }
    }

    private func putAside(_ name: String) throws(FileError) {
        let aside = "\(folder)/\(Self.aside)"
        try SystemFile.makeFolder(aside)
        let names = try SystemFile.names(in: aside)
        for old in names.prefix(max(0, names.count + 1 - Self.asideMax)) {
            try SystemFile.delete("\(aside)/\(old)")
        }
        try SystemFile.move("\(folder)/\(name)", to: "\(aside)/\(name)")
    }

    // MARK: Names

    /// A file name has no slash; a lease has no underscore.
    static func name(of lease: Lease, _ farm: FarmID) -> String {
        "\(farm)_" + String(lease.description.map { $0 == "/" ? "_" : $0 }) + suffix
    }

    static func owner(ofFile name: String) -> (FarmID, Lease)? {
        guard name.hasSuffix(suffix), let end = name.firstIndex(of: "_"),
            let farm = FarmID(String(name[..<end]))
        else { return nil }
        let words = name[name.index(after: end)...].dropLast(suffix.count)
        let text = String(words.map { $0 == "_" ? "/" : $0 })
        guard let lease = Lease(text), self.name(of: lease, farm) == name else { return nil }
        return (farm, lease)
    }
}
