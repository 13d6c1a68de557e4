/// Words that must not be there, or only in some places.
enum TextRules {
    /// Sources of time, chance and chosen order that would make the farm's core unrepeatable.
    static let bannedInScheduling = [
        "Date", "UUID", ".random", "Task.sleep", "ContinuousClock", "SuspendingClock", "hashValue",
        "shuffled",
    ]
    /// Notes to oneself; spelt in halves so that this file may be searched too.
    static let leftovers = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    static let unsafeTargets: Set<String> = [
        "Tensors", "Cuda", "ZeroMQ", "FFmpeg", "WireProtocol",
    ]
    /// Files outside those targets that call the system, each with what for.
    static let unsafeFiles: [String: String] = [
        "Sources/CLI/BenchmarkCommand.swift": "getrusage(2), for the peak of resident memory",
        "Sources/CLI/Farm/LocalWorkers.swift": "posix_spawn(3) and waitpid(2) of workers",
        "Sources/CLI/Farm/Terminal.swift": "ioctl(2), for the width of a terminal",
        "Sources/CLI/Weft.swift": "write(2) to standard error, open(2) of a log, access(2)",
        "Sources/Worker/DeviceInventory+Reading.swift": "read(2) of /proc",
        "Sources/Worker/FolderLock.swift": "open(2), for flock(2)",
        "Sources/Worker/Runner/ChildProcess.swift": "posix_spawn(3), pipe(2) and waitpid(2)",
        "Sources/Worker/Runner/RunnerLoop.swift": "read(2) of a pipe, which Foundation cannot bear",
    ]

    static func banned(_ file: SourceFile) -> [Violation] {
        guard file.target == "Scheduling" else { return [] }
        return lines(of: file.code) { line in
            bannedInScheduling.first { containsWord(line, $0) }.map { "\($0) in Scheduling" }
        }.map { Violation(file, line: $0, $1) }
    }

    static func leftover(_ file: SourceFile) -> [Violation] {
        lines(of: file.lines) { line in
            leftovers.first { containsWord(line, $0) }.map { "\($0): open an issue instead" }
        }.map { Violation(file, line: $0, $1) }
    }

    static func printing(_ file: SourceFile) -> [Violation] {
        guard let target = file.target, target != "CLI", file.isSwift else { return [] }
        return lines(of: file.code) { line in
            containsWord(line, "print") && line.contains("print(") ? "print outside CLI" : nil
        }.map { Violation(file, line: $0, $1) }
    }

    static func unsafe(_ file: SourceFile) -> [Violation] {
        guard let target = file.target, file.isSwift, !unsafeTargets.contains(target),
            unsafeFiles[file.path] == nil
        else { return [] }
        return lines(of: file.code) { line in
            containsWord(line, "unsafe") ? "unsafe code outside the targets that sit on C" : nil
        }.map { Violation(file, line: $0, $1) }
    }

    /// Escapes from the compiler's proof of safety say why they are right, in a comment above.
    static func unexplainedEscape(_ file: SourceFile) -> [Violation] {
        guard file.isSwift else { return [] }
        let code = file.code
        return code.indices.compactMap { index in
            let escapes = ["@unchecked", "nonisolated(unsafe)"]
            guard let escape = escapes.first(where: { code[index].contains($0) }) else {
                return nil
            }
            var above = index - 1
            while above >= 0, code[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
            let isExplained =
                above >= 0 && file.lines[above].drop(while: { $0 == " " }).hasPrefix("//")
            return isExplained
                ? nil : Violation(file, line: index + 1, "\(escape) without a reason")
        }
    }

    /// Paths of the machine that somebody happened to work on.
    static func machinePath(_ file: SourceFile) -> [Violation] {
        let folders = ["work", "root", "home", "farm", "opt", "Users"]
        return lines(of: file.lines) { line in
            for folder in folders {
                var start = line.startIndex
                while let range = line[start...].firstRange(of: "/\(folder)/") {
                    let before =
                        range.lowerBound > line.startIndex
                        ? line[line.index(before: range.lowerBound)] : " "
                    let continues =
                        before.isLetter || before.isNumber || "_./})*~-".contains(before)
                    if !continues { return "a path of one machine: /\(folder)/" }
                    start = range.upperBound
                }
            }
            return nil
        }.map { Violation(file, line: $0, $1) }
    }

    /// The numbers, from 1, and the reasons of the lines that `judge` objects to.
    private static func lines(
        of lines: [String],
        _ judge: (String) -> String?
    ) -> [(Int, String)] {
        lines.enumerated().compactMap { index, line in judge(line).map { (index + 1, $0) } }
    }
}
