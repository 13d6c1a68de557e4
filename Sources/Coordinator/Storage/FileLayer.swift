package import Tensors

/// What the store of results asks of a file system; tests put crashes and full disks in between.
package protocol FileLayer: Sendable {
    /// Makes a folder unless it is there; its parent is. Its name need not be on the disk.
    func makeFolder(_ path: String) throws(FileError)
    /// Makes a file whose contents, but not its name, are on the disk when this returns.
    func writeSynced(_ bytes: [UInt8], to path: String) throws(FileError)
    func move(_ path: String, to other: String) throws(FileError)
    /// Returns when the names in a folder are on the disk.
    func syncFolder(_ path: String) throws(FileError)
    func read(_ path: String, limit: Int) throws(FileError) -> [UInt8]
    /// Removes a file or an empty folder, if it is there.
    func delete(_ path: String) throws(FileError)
    /// Names in a folder, sorted; none if there is no such folder.
    func names(in folder: String) throws(FileError) -> [String]
    /// Bytes of a file; nil for what is no file.
    func byteCount(of path: String) throws(FileError) -> Int?
}

/// The files of the operating system.
package struct SystemFileLayer: FileLayer {
    package init() {}

    package func makeFolder(_ path: String) throws(FileError) {
        try SystemFile.makeFolder(path)
    }

    package func writeSynced(_ bytes: [UInt8], to path: String) throws(FileError) {
        try SystemFile.writeSynced(bytes, to: path)
    }

    package func move(_ path: String, to other: String) throws(FileError) {
        try SystemFile.move(path, to: other)
    }

    package func syncFolder(_ path: String) throws(FileError) {
        try SystemFile.syncFolder(path)
    }

    package func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        try SystemFile.read(path, limit: limit)
    }

    package func delete(_ path: String) throws(FileError) {
        try SystemFile.delete(path)
    }

    package func names(in folder: String) throws(FileError) -> [String] {
        guard try SystemFile.status(of: folder)?.isFolder == true else { return [] }
        return try SystemFile.names(in: folder)
    }

    package func byteCount(of path: String) throws(FileError) -> Int? {
        guard let status = try SystemFile.status(of: path), status.isRegular else { return nil }
        return status.byteCount
    }
}
