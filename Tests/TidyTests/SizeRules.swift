/// Bounds on files, lines and functions.
enum SizeRules {
    static let fileLines = 600
    static let lineColumns = 100
    static let functionLines = 70

    static func check(_ file: SourceFile) -> [Violation] {
        guard file.isSwift || file.isC, !file.isGenerated else { return [] }
        var violations: [Violation] = []
        let lineCount = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
        if lineCount > fileLines {
            violations.append(Violation(file, "\(lineCount) lines, at most \(fileLines)"))
        }
        let code = file.code
        for (index, line) in file.lines.enumerated() where line.count > lineColumns {
            // A long literal on a line of its own cannot be broken.
            let start = line.drop { $0 == " " }
            let rest = code[index].count { $0 != " " }
            if rest <= 4, line.contains("\""), !start.hasPrefix("//") { continue }
            violations.append(
                Violation(file, line: index + 1, "\(line.count) columns, at most \(lineColumns)")
            )
        }
        let functions = file.isSwift ? swiftFunctions(code) : cFunctions(code)
        for function in functions where function.count > functionLines {
            violations.append(
                Violation(
                    file,
                    line: function.lowerBound,
                    "a function of \(function.count) lines, at most \(functionLines)"
                )
            )
        }
        return violations
    }

    /// The lines, from 1, of every function, initialiser and subscript that has a body.
    static func swiftFunctions(_ code: [String]) -> [Range<Int>] {
        var functions: [Range<Int>] = []
        // Declarations that wait for their body, and bodies that wait for their end.
        var pending: (line: Int, parentheses: Int)?
        var open: [Int?] = []
        var parentheses = 0
        for (index, line) in code.enumerated() {
            var word = ""
            var previous: Character = " "
            for character in line + " " {
                if character.isLetter || character == "_" || character.isNumber {
                    if word.isEmpty, previous == "." { word = "." }
                    word.append(character)
                    continue
                }
                if ["func", "init", "deinit", "subscript"].contains(word) {
                    pending = (index + 1, parentheses)
                }
                word = ""
                previous = character
                switch character {
                case "(", "[": parentheses += 1
                case ")", "]": parentheses -= 1
                case "{":
                    let isBody = pending?.parentheses == parentheses
                    open.append(isBody ? pending?.line : nil)
                    if isBody { pending = nil }
                case "}":
                    // A requirement of a protocol has no body; its protocol ends here.
                    if pending?.parentheses == parentheses { pending = nil }
                    if let start = open.popLast() ?? nil { functions.append(start..<index + 2) }
                default: break
                }
            }
        }
        return functions
    }

    /// The lines, from 1, of every C function: outermost braces after a parameter list.
    static func cFunctions(_ code: [String]) -> [Range<Int>] {
        var functions: [Range<Int>] = []
        var depth = 0
        var header = ""
        var start = 0
        var isFunction = false
        var isDirective = false
        for (index, line) in code.enumerated() {
            isDirective = isDirective || line.drop(while: { $0 == " " }).hasPrefix("#")
            if isDirective {
                isDirective = line.hasSuffix("\\")
                continue
            }
            for character in line {
                switch character {
                case "{":
                    if depth == 0 {
                        isFunction = header.contains("(") && !header.contains("=")
                        if header.isEmpty { start = index + 1 }
                    }
                    depth += 1
                case "}":
                    depth = max(0, depth - 1)
                    if depth == 0 {
                        if isFunction { functions.append(start..<index + 2) }
                        header = ""
                    }
                case ";" where depth == 0: header = ""
                default:
                    guard depth == 0, header.isEmpty == false || character != " " else { break }
                    if header.isEmpty { start = index + 1 }
                    header.append(character)
                }
            }
        }
        return functions
    }
}
