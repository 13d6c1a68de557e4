import Glibc

extension DeviceInventory {
    /// Describes the machine that this process runs on.
    ///
    /// - Parameter root: Folder that holds `proc` and `sys`; the file system's own, but for tests.
    /// - Returns: The inventory at this moment.
    /// - Throws: `InventoryError` if a file is missing or does not say what it has to.
    package static func read(root: String = "") throws(InventoryError) -> DeviceInventory {
        func required(_ path: String) throws(InventoryError) -> String {
            guard let text = contents(of: root + path) else {
                throw InventoryError("\(path): cannot be read; is this Linux?")
            }
            return text
        }
        return try DeviceInventory(
            processors: required("/proc/cpuinfo"),
            memory: required("/proc/meminfo"),
            // The first path is that of control groups version 2, the second of version 1.
            memoryLimit: contents(of: root + "/sys/fs/cgroup/memory.max")
                ?? contents(of: root + "/sys/fs/cgroup/memory/memory.limit_in_bytes")
        )
    }

    /// The start of a text file, at most 4 MiB of it; nil if it cannot be read.
    ///
    /// Files of `/proc` say that they are empty, so they are read to their end.
    private static func contents(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < 4 << 20 {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
