/// Cuts a stream of bytes into lines, none longer than a bound.
struct LineBuffer {
    private let bytesMax: Int
    private var bytes: [UInt8] = []
    /// Everything before it has been searched for the end of a line.
    private var searched = 0

    /// Makes an empty buffer.
    ///
    /// - Parameter bytesMax: Bytes of a line, its end not counted.
    init(bytesMax: Int) {
        precondition(bytesMax > 0, "lines of \(bytesMax) bytes")
        self.bytesMax = bytesMax
    }

    mutating func append(_ new: [UInt8]) {
        bytes += new
    }

    /// Takes the next complete line, without its end; nil if there is none yet.
    ///
    /// - Throws: `RunnerMessageError` if a line is longer than the bound, whole or not.
    mutating func next() throws(RunnerMessageError) -> [UInt8]? {
        guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            guard bytes.count <= bytesMax else { throw tooLong }
            return nil
        }
        guard end <= bytesMax else { throw tooLong }
        let line = Array(bytes[..<end])
        bytes.removeSubrange(...end)
        searched = 0
        return line
    }

    private var tooLong: RunnerMessageError {
        RunnerMessageError("a line of more than \(bytesMax) bytes")
    }
}
