package import Tensors

/// Compiled kernels in a folder, so that a device's code is made once.
///
/// An entry says what it was made of and holds a checksum of its code; what does not match, whoever
/// wrote it, counts as absent and is written anew.
package struct KernelCache: Sendable {
    /// Everything that decides what the compiler makes.
    package struct Key: Hashable, Sendable {
        package var source: String
        package var target: KernelTarget
        package var options: [String]
        package var compiler: CudaInventory.Library

        package init(
            source: String,
            target: KernelTarget,
            options: [String],
            compiler: CudaInventory.Library
        ) {
            self.source = source
            self.target = target
            self.options = options
            self.compiler = compiler
        }

        /// One line.
        var line: String {
            let source = Array(source.utf8)
            return "\(target.name) nvrtc \(compiler.version) source \(source.count) "
                + "\(hexadecimal(checksum(source))) \(options.joined(separator: " "))"
        }

        var fileName: String { "kernels-\(hexadecimal(checksum(Array(line.utf8)))).bin" }
    }

    /// Above any code that the kernels make.
    private static let bytesLimit = 256 << 20
    private static let magic = "weft kernels 1"

    private let folder: String

    /// Uses a folder, which is made when it is first written to.
    package init(folder: String) {
        self.folder = folder
    }

    /// Code that was kept; nil if there is none or it is no good.
    package func code(for key: Key) -> [UInt8]? {
        let path = "\(folder)/\(key.fileName)"
        guard let bytes = try? SystemFile.read(path, limit: Self.bytesLimit) else { return nil }
        return Self.code(in: bytes, for: key)
    }

    /// Keeps code, whole or not at all.
    package func keep(_ code: [UInt8], for key: Key) throws(FileError) {
        try SystemFile.makeFolders(folder)
        let path = "\(folder)/\(key.fileName)"
        try SystemFile.writeAtomically(Self.entry(code, for: key), to: path)
    }

    static func entry(_ code: [UInt8], for key: Key) -> [UInt8] {
        let head = "\(magic)\n\(key.line)\n\(code.count) \(hexadecimal(checksum(code)))\n"
        return Array(head.utf8) + code
    }

    static func code(in bytes: [UInt8], for key: Key) -> [UInt8]? {
        let newline = UInt8(ascii: "\n")
        let parts = bytes.split(separator: newline, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, Array(parts[0]) == Array(magic.utf8),
            Array(parts[1]) == Array(key.line.utf8)
        else { return nil }
        let code = Array(parts[3])
        let expected = "\(code.count) \(hexadecimal(checksum(code)))"
        return Array(parts[2]) == Array(expected.utf8) ? code : nil
    }
}

/// FNV-1a of 64 bits: tells damage and other versions apart, not malice.
private func checksum(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

private func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
