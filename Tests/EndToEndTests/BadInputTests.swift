import TestSupport
import Testing

/// One sentence on standard error, a documented status, nothing on standard output.
struct BadInputTests {
    private func expectSentence(_ arguments: [String], status: Int32, naming name: String) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 1 && outcome.errors.hasPrefix("weft: "), "\(outcome.errors)")
        #expect(outcome.errors.contains(name))
    }

    @Test(arguments: ["inspect", "check"])
    func `a model folder that is not there`(command: String) throws {
        try expectSentence(
            ["model", command, "/nonexistent/model"],
            status: 66,
            naming: "/nonexistent/model"
        )
    }

    @Test(arguments: ["inspect", "check"])
    func `a model folder whose index is not JSON`(command: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("{\"unet\": ", to: "model_index.json")
        try expectSentence(
            ["model", command, folder.path],
            status: 65,
            naming: "model_index.json"
        )
    }
}
