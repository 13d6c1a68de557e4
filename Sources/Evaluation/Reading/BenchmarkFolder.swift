import Pipelines
import Tensors

/// A folder of clips and their edits, in the shape of the literature: `Docs/Evaluation.md`.
package struct BenchmarkFolder: Hashable, Sendable {
    /// An edit of a clip.
    package struct Edit: Hashable, Sendable {
        package let name: String
        package let prompt: String
        /// Path of its video; nil if there is none.
        package let output: String?
    }

    package struct Clip: Hashable, Sendable {
        package let name: String
        /// Path of the input.
        package let source: String
        /// Path of what is true of it; nil if there is none.
        package let truth: String?
        package let edits: [Edit]
    }

    package let path: String
    /// By name, at least one.
    package let clips: [Clip]
    /// Files that belong to no edit, which are not measured.
    package let strays: [String]

    private static let promptsName = "prompts.txt"
    private static let truthName = "truth.safetensors"
    private static let promptsBytesMax = 1 << 20

    /// Looks which files are there; opens no video.
    ///
    /// - Throws: `FileError` if the folder or a clip's prompts cannot be read; `InputError` if
    ///   there is no clip, or one has no source, no prompts or two files of one name.
    package init(_ path: String) throws {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        var clips: [Clip] = []
        var strays: [String] = []
        for name in try SystemFile.names(in: path) where !name.hasPrefix(".") {
            guard try SystemFile.status(of: "\(path)/\(name)")?.isFolder == true else {
                strays.append(name)
                continue
            }
            let (clip, rest) = try Self.clip(name, in: path)
            clips.append(clip)
            strays += rest
        }
        guard !clips.isEmpty else {
            throw InputError(
                "\(path): expected a folder for each clip, with source.mp4 and \(Self.promptsName)"
            )
        }
        self.clips = clips
        self.strays = strays
    }

    private static func clip(_ name: String, in path: String) throws -> (Clip, [String]) {
        let folder = "\(path)/\(name)"
        var files: [String: String] = [:]
        for file in try SystemFile.names(in: folder)
        where !file.hasPrefix(".") && file != promptsName && file != truthName {
            let base = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
            if let other = files[base] {
                throw InputError("\(folder): \(other) and \(file): expected one file of a name")
            }
            files[base] = file
        }
        guard let source = files.removeValue(forKey: "source") else {
            throw InputError("\(folder): expected source.mp4, or source with another ending")
        }
        let prompts = "\(folder)/\(promptsName)"
        guard try SystemFile.status(of: prompts) != nil else {
            throw InputError(
                "\(folder): expected \(promptsName), a line NAME: PROMPT for each edit"
            )
        }
        let bytes = try SystemFile.read(prompts, limit: promptsBytesMax)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputError("\(prompts): expected UTF-8")
        }
        let edits = try edits(of: text, file: prompts).map { name, prompt in
            Edit(
                name: name,
                prompt: prompt,
                output: files.removeValue(forKey: name).map { "\(folder)/\($0)" }
            )
        }
        let truth = "\(folder)/\(truthName)"
        let clip = Clip(
            name: name,
            source: "\(folder)/\(source)",
            truth: try SystemFile.status(of: truth) != nil ? truth : nil,
            edits: edits
        )
        return (clip, files.values.sorted().map { "\(name)/\($0)" })
    }

    /// Names and prompts of a file's lines.
    static func edits(of text: String, file: String) throws(InputError) -> [(String, String)] {
        var edits: [(String, String)] = []
        for (number, line) in text.split(
            omittingEmptySubsequences: false,
            whereSeparator: \.isNewline
        )
        .enumerated() {
            let line = Self.trimmed(line)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, line.first != ":", !Self.trimmed(parts[1]).isEmpty else {
                throw InputError("\(file): line \(number + 1): expected NAME: PROMPT")
            }
            let name = Self.trimmed(parts[0])
            guard name != "source", !name.contains("/"), !edits.contains(where: { $0.0 == name })
            else {
                throw InputError(
                    "\(file): line \(number + 1): \(name): expected a name of its own, without "
                        + "slashes and other than source"
                )
            }
            edits.append((name, Self.trimmed(parts[1])))
        }
        guard !edits.isEmpty else { throw InputError("\(file): expected at least one edit") }
        return edits
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    private static func trimmed(_ text: String) -> String { trimmed(text[...]) }
}
