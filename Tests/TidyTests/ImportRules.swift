/// Which target may see which: the arrows of `Docs/Architecture.md`.
enum ImportRules {
    static let allowed: [String: Set<String>] = [
        "ZeroMQ": ["CZeroMQ"],
        "FFmpeg": ["CFFmpeg"],
        "Tensors": ["CKernels"],
        "Cuda": ["CCudaKernels", "Tensors"],
        "NN": ["Tensors"],
        "Models": ["NN", "Tensors"],
        "Diffusion": ["Tensors"],
        "Pipelines": ["Diffusion", "Models", "NN", "Tensors", "FFmpeg"],
        "Scheduling": [],
        "Simulation": ["Scheduling"],
        "WireProtocol": ["Scheduling", "CProtobuf", "CSodium"],
        "Coordinator": [
            "Scheduling", "WireProtocol", "ZeroMQ", "Diffusion", "Tensors", "FFmpeg", "GRDB",
            "Logging",
        ],
        "Worker": [
            "Scheduling", "WireProtocol", "ZeroMQ", "Pipelines", "Tensors", "Logging",
        ],
        "Scenes": ["Tensors"],
        "Evaluation": ["Diffusion", "FFmpeg", "Models", "Pipelines", "Scenes", "Tensors"],
        "Training": [
            "Diffusion", "Evaluation", "FFmpeg", "Models", "NN", "Pipelines", "Scenes", "Tensors",
        ],
        "ShippedModel": ["Tensors"],
        "CLI": [
            "Coordinator", "Cuda", "Worker", "Simulation", "Training", "Evaluation", "Pipelines",
            "Scheduling", "WireProtocol", "ZeroMQ", "FFmpeg", "Diffusion", "Models", "NN",
            "Scenes", "ShippedModel", "Tensors", "ArgumentParser", "Logging",
        ],
    ]

    /// Modules of other packages, by the names that `Package.swift` gives their products.
    static let products = ["database": "GRDB", "logging": "Logging"]

    /// Modules of the toolchain; Scheduling goes without even these.
    static let toolchain: Set<String> = ["Dispatch", "Glibc", "Synchronization"]
    static let foundationTargets: Set<String> = ["Coordinator", "Worker", "Pipelines", "CLI"]
    /// Composition of Unicode text (NFC) is public nowhere else.
    static let foundationFiles: Set<String> = ["Sources/Models/Tokenizer/UnicodeText.swift"]

    static func check(_ file: SourceFile) -> [Violation] {
        guard let target = file.target, file.isSwift else { return [] }
        guard var modules = allowed[target] else {
            return [Violation(file, "\(target) is no target of the architecture")]
        }
        if target != "Scheduling" { modules.formUnion(toolchain) }
        if foundationTargets.contains(target) || foundationFiles.contains(file.path) {
            modules.insert("Foundation")
        }
        return file.code.enumerated().compactMap { index, line in
            guard let module = importedModule(line), !modules.contains(module) else { return nil }
            return Violation(file, line: index + 1, "\(target) may not import \(module)")
        }
    }

    /// The module that a line imports, whatever the access level and kind.
    static func importedModule(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
            words[..<position].allSatisfy({
                $0.hasPrefix("@")
                    || ["package", "public", "internal", "private", "fileprivate"].contains($0)
            })
        else { return nil }
        let kinds = ["struct", "class", "enum", "func", "protocol", "typealias", "var", "let"]
        let name = kinds.contains(String(words[position + 1])) ? position + 2 : position + 1
        guard name < words.count else { return nil }
        return words[name].split(separator: ".").first.map(String.init)
    }

    /// Compares the dependencies that `Package.swift` declares with the table.
    static func checkManifest(_ file: SourceFile) -> [Violation] {
        let text = file.lines.joined().filter { !$0.isWhitespace }
        return allowed.sorted { $0.key < $1.key }.compactMap { target, modules in
            guard target != "CLI" else { return nil }
            guard let start = text.firstRange(of: "library(\"\(target)\",[")?.upperBound,
                let end = text[start...].firstIndex(of: "]")
            else { return Violation(file, "no library \(target)") }
            let declared: [String] = text[start..<end].split(separator: ",").map { name in
                let name = name.filter { $0 != "\"" }
                return products[name] ?? name
            }
            guard Set(declared) != modules else { return nil }
            return Violation(
                file,
                "\(target) depends on \(declared.sorted()), expected \(modules.sorted())"
            )
        }
    }
}
