import Foundation

/// What the documents point to is there.
enum DocumentRules {
    /// Links of a Markdown file to files of the package.
    static func brokenLinks(_ file: SourceFile, exists: (String) -> Bool) -> [Violation] {
        guard file.path.hasSuffix(".md") else { return [] }
        let folder = (file.path as NSString).deletingLastPathComponent
        var violations: [Violation] = []
        for (index, line) in file.lines.enumerated() {
            for piece in line.components(separatedBy: "](").dropFirst() {
                let target = String(piece.prefix { $0 != ")" && $0 != "#" })
                guard !target.isEmpty, !target.contains("://") else { continue }
                let joined = folder.isEmpty ? target : "\(folder)/\(target)"
                let path = URL(filePath: "/\(joined)").standardized.path.dropFirst()
                guard !exists(String(path)) else { continue }
                violations.append(Violation(file, line: index + 1, "no file \(target)"))
            }
        }
        return violations
    }

    /// Commands of the package that a Markdown file shows in its code blocks.
    static func brokenCommands(_ file: SourceFile, isExecutable: (String) -> Bool) -> [Violation] {
        guard file.path.hasSuffix(".md") else { return [] }
        var violations: [Violation] = []
        var isBlock = false
        for (index, line) in file.lines.enumerated() {
            if line.hasPrefix("```") { isBlock.toggle() }
            guard isBlock, let command = line.split(separator: " ").first.map(String.init),
                command.hasPrefix("Deploy/") || command.hasPrefix("Proto/")
                    || command.hasPrefix(".ci/"),
                !isExecutable(command)
            else { continue }
            violations.append(Violation(file, line: index + 1, "no command \(command)"))
        }
        return violations
    }
}
