import Glibc

/// A file's contents as memory, read from the disk as it is touched.
///
/// The file must not be shortened while it is mapped: the system kills a process that touches a
/// page that is no longer there. weft replaces its files by renaming and never shortens them.
//
// Unchecked: the mapping is read-only and lives as long as the object.
@safe
package final class MappedFile: ByteRegion, @unchecked Sendable {
    package let path: String
    private let bytes: UnsafeRawBufferPointer

    /// Maps the whole file.
    ///
    /// - Throws: `FileError` if it is missing, not regular or not readable.
    package init(_ path: String) throws(FileError) {
        self.path = path
        let (descriptor, status) = try SystemFile.openForReading(path)
        defer { close(descriptor) }
        guard status.byteCount > 0 else {
            // The system maps no empty files.
            unsafe bytes = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = unsafe mmap(nil, status.byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard unsafe address != MAP_FAILED else { throw SystemFile.failure("map", path) }
        unsafe bytes = unsafe UnsafeRawBufferPointer(start: address, count: status.byteCount)
    }

    deinit {
        guard let start = unsafe bytes.baseAddress else { return }
        unsafe munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }

    package var byteCount: Int { unsafe bytes.count }

    package func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try unsafe body(bytes)
    }

    package func discard(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "\(range) of \(path)")
        // Only whole pages inside the range: its neighbours share the pages at its ends.
        let page = sysconf(Int32(_SC_PAGESIZE))
        let first = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        guard first < end, let start = unsafe bytes.baseAddress else { return }
        unsafe madvise(
            UnsafeMutableRawPointer(mutating: start + first),
            end - first,
            MADV_DONTNEED
        )
    }
}
