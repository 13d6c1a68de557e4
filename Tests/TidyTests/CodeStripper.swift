/// Blanks out what is not code, keeping every line and column where it is.
struct CodeStripper {
    let isSwift: Bool

    func strip(_ text: String) -> String {
        var bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            if starts(bytes, index, "//") {
                blank(&bytes, &index) { bytes, index in bytes[index] == newline }
            } else if starts(bytes, index, "/*") {
                let start = index
                blank(&bytes, &index) { bytes, index in
                    index >= start + 4 && bytes[index - 2] == star && bytes[index - 1] == slash
                }
            } else if isSwift, let delimiter = rawDelimiter(bytes, index) {
                let start = index
                index += delimiter.utf8.count
                while index < bytes.count, !starts(bytes, index, delimiter) { index += 1 }
                index = min(index + delimiter.utf8.count, bytes.count)
                erase(&bytes, start..<index)
            } else if isSwift, starts(bytes, index, "\"\"\"") {
                blankString(&bytes, &index, delimiter: "\"\"\"")
            } else if bytes[index] == quote {
                blankString(&bytes, &index, delimiter: "\"")
            } else if !isSwift, bytes[index] == apostrophe {
                blankString(&bytes, &index, delimiter: "'")
            } else {
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private let newline = UInt8(ascii: "\n")
    private let star = UInt8(ascii: "*")
    private let slash = UInt8(ascii: "/")
    private let quote = UInt8(ascii: "\"")
    private let apostrophe = UInt8(ascii: "'")
    private let backslash = UInt8(ascii: "\\")
    private let space = UInt8(ascii: " ")

    init(isSwift: Bool) {
        self.isSwift = isSwift
    }

    private func starts(_ bytes: [UInt8], _ index: Int, _ text: String) -> Bool {
        bytes[index...].starts(with: text.utf8)
    }

    /// What ends a raw literal that starts here, as long as its opening; nil if none does.
    private func rawDelimiter(_ bytes: [UInt8], _ index: Int) -> String? {
        if starts(bytes, index, "#\"\"\"") {
            return "\"\"\"#"
        }
        return starts(bytes, index, "#\"") ? "\"#" : nil
    }

    private func blank(
        _ bytes: inout [UInt8],
        _ index: inout Int,
        until isEnd: ([UInt8], Int) -> Bool
    ) {
        let start = index
        while index < bytes.count, !isEnd(bytes, index) { index += 1 }
        erase(&bytes, start..<index)
    }

    /// Blanks a literal and its delimiters; interpolations count as text.
    private func blankString(_ bytes: inout [UInt8], _ index: inout Int, delimiter: String) {
        let start = index
        index += delimiter.utf8.count
        var depth = 0
        while index < bytes.count {
            if depth == 0, starts(bytes, index, delimiter) {
                index += delimiter.utf8.count
                break
            }
            if isSwift, depth > 0, bytes[index] == quote {
                // A literal inside an interpolation.
                blankString(&bytes, &index, delimiter: "\"")
                continue
            }
            if bytes[index] == backslash {
                if isSwift, starts(bytes, index, "\\(") { depth += 1 }
                index += 2
                continue
            }
            if depth > 0, bytes[index] == UInt8(ascii: "(") { depth += 1 }
            if depth > 0, bytes[index] == UInt8(ascii: ")") { depth -= 1 }
            if delimiter.utf8.count == 1, bytes[index] == newline { break }
            index += 1
        }
        index = min(index, bytes.count)
        erase(&bytes, start..<index)
    }

    private func erase(_ bytes: inout [UInt8], _ range: Range<Int>) {
        for position in range where bytes[position] != newline { bytes[position] = space }
    }
}

/// Whether `line` contains `word` as a whole word.
func containsWord(_ line: String, _ word: String) -> Bool {
    func isPart(_ character: Character?) -> Bool {
        character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
    }
    var start = line.startIndex
    while let range = line[start...].firstRange(of: word) {
        let before =
            range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : nil
        let after = range.upperBound < line.endIndex ? line[range.upperBound] : nil
        let opensWord = isPart(word.first)
        if !(opensWord && isPart(before)), !(isPart(word.last) && isPart(after)) { return true }
        start = range.upperBound
    }
    return false
}
