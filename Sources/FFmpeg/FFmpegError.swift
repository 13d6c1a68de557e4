import CFFmpeg
import Glibc

/// A media file that cannot be used, or a failed call of FFmpeg's libraries.
package struct FFmpegError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The libraries' negative error number.
        case library(Int32)
        /// The file has no moving picture; `found` says what it has.
        case noVideo(found: String)
        /// The file contradicts itself.
        case invalid(reason: String)
    }

    package let code: Code
    /// What was tried, such as `open`.
    package let operation: String
    package let file: String

    package init(_ code: Code, operation: String, file: String) {
        self.code = code
        self.operation = operation
        self.file = file
    }

    /// Whether there is no such file.
    package var isMissingFile: Bool { code == .library(weft_averror(ENOENT)) }

    /// Whether the file is there and this process may not read it.
    package var isForbidden: Bool { code == .library(weft_averror(EACCES)) }

    package var description: String {
        switch code {
        case .library(let number):
            "\(operation) \(file): \(Self.text(number))"
        case .noVideo(let found):
            "\(operation) \(file): no video stream, found \(found)"
        case .invalid(let reason):
            "\(operation) \(file): \(reason)"
        }
    }

    static func text(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        unsafe av_strerror(number, &buffer, buffer.count)
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
