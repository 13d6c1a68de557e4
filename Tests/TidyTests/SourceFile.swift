import Foundation

/// A text file of the package.
struct SourceFile {
    /// Relative to the package's folder, such as `Sources/ZeroMQ/Socket.swift`.
    let path: String
    let lines: [String]

    init(_ path: String, _ text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }
    /// Made by protoc-c from `Proto`.
    var isGenerated: Bool { path.contains(".pb-c.") }
    /// The target it belongs to, such as `ZeroMQ`; nil outside `Sources`.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// The lines with comments and the contents of string literals blanked out.
    var code: [String] {
        CodeStripper(isSwift: isSwift).strip(lines.joined(separator: "\n"))
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }
}

/// A place that breaks a rule.
struct Violation: Hashable, CustomStringConvertible {
    let path: String
    /// From 1; 0 for the file as a whole.
    let line: Int
    let reason: String

    init(_ file: SourceFile, line: Int = 0, _ reason: String) {
        path = file.path
        self.line = line
        self.reason = reason
    }

    var description: String { "\(path):\(line): \(reason)" }
}

/// The package's own texts, read once.
enum SourceTree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let files: [SourceFile] = {
        let folders = ["Sources", "Tests", "Proto", "Deploy", "Docs", ".ci"]
        var paths = ["Package.swift", "README.md"]
        for folder in folders {
            let found = FileManager.default.subpaths(atPath: root.appending(path: folder).path)
            paths += (found ?? []).sorted().map { "\(folder)/\($0)" }
        }
        // What is not UTF-8 text is a fixture.
        return paths.compactMap { path in
            let url = root.appending(path: path)
            let text = try? String(contentsOf: url, encoding: .utf8)
            return text.map { SourceFile(path, $0) }
        }
    }()

    static var swift: [SourceFile] { files.filter(\.isSwift) }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }
}
