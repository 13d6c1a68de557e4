import ArgumentParser
import Models
import Tensors

struct ModelInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "List a model folder's components, configs, sizes, and what is missing.",
        discussion: """
            Reads configs and headers only. Components that are missing are listed; one that is \
            there but cannot be read makes the exit status 65.
            """
    )

    @OptionGroup var folder: ModelFolderOptions

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() async throws {
        let checkpoint = try CheckpointFolder.open(folder.path)
        let reports = checkpoint.inspect(variant: folder.variant)
        if json {
            var members: [String: JSONValue] = [
                "path": .string(checkpoint.path), "components": .array(reports.map(\.json)),
            ]
            if let name = checkpoint.pipelineClass { members["class"] = .string(name) }
            print(JSONValue.object(members).serialized(isIndented: true))
        } else {
            print("\(checkpoint.path): \(checkpoint.pipelineClass ?? "no pipeline class")")
            for report in reports { printText(report) }
        }
        let unreadable = reports.compactMap { report -> (any Error)? in
            guard case .unreadable(let error) = report.state else { return nil }
            return error
        }
        if let failure = Failure(firstOf: unreadable) { throw failure }
    }

    private func printText(_ report: ComponentReport) {
        let className = report.className ?? "class unknown"
        switch report.state {
        case .readable: print("\(report.name): \(className)")
        case .foreign: print("\(report.name): \(className), not used by weft")
        case .missing(let error), .unreadable(let error):
            print("\(report.name): \(className), \(report.word): \(error)")
        }
        for (key, value) in report.essentials { print("  \(key) = \(value.serialized())") }
        if report.tensorCount > 0 {
            let types = report.scalarTypes.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
            print("  \(report.tensorCount) tensors (\(types)), \(report.parameterCount) parameters")
        }
        for file in report.files { print("  \(file.name)  \(file.byteCount) bytes") }
    }
}
