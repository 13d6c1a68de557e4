import ArgumentParser
import Models
import Pipelines
import Tensors

struct ModelCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Load every component of a model folder strictly and say what was found.",
        discussion: """
            Each network must find all its tensors, in the right shapes and with finite values, \
            and no tensor may be left over. The exit status is 65 if a component is malformed and \
            66 if one that model_index.json declares is missing.
            """
    )

    @OptionGroup var folder: ModelFolderOptions

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() async throws {
        let checkpoint = try CheckpointFolder.open(folder.path)
        let checks = checkpoint.check(variant: folder.variant)
        if json {
            let members: [String: JSONValue] = [
                "path": .string(checkpoint.path), "components": .array(checks.map(\.json)),
            ]
            print(JSONValue.object(members).serialized(isIndented: true))
        } else {
            for check in checks { printText(check) }
        }
        let errors = checks.compactMap { check -> (any Error)? in
            guard case .failed(let error) = check.outcome else { return nil }
            return error
        }
        if let failure = Failure(firstOf: errors) { throw failure }
    }

    private func printText(_ check: ComponentCheck) {
        let className = check.className ?? "class unknown"
        switch check.outcome {
        case .sound(let tensors, let parameters):
            let unread = check.unread.isEmpty ? "" : ", \(check.unread.count) of them not needed"
            print(
                "\(check.name): \(className), \(tensors) tensors\(unread), \(parameters) parameters"
            )
        case .readable: print("\(check.name): \(className), readable")
        case .foreign: print("\(check.name): \(className), not used by weft")
        case .failed(let error): print("\(check.name): \(className), failed: \(error)")
        }
    }
}
