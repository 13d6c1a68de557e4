import ArgumentParser
import Coordinator
import ZeroMQ

/// `weft coordinator`: the daemon that jobs are submitted to.
struct CoordinatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Run a farm's coordinator until it is stopped.",
        discussion: """
            Takes jobs, hands their units to workers and writes the outputs. Everything that was \
            promised is in the state folder: started again, it goes on where it was. SIGTERM and \
            SIGINT end it, SIGHUP reads the list of keys again. Docs/Operating.md sets up a farm.
            """
    )

    @Option(help: "Folder of the ledger, the results and the keys.", completion: .directory)
    var state: String

    @Option(help: "Where workers and clients connect.")
    var bindControl = FarmConnection.defaultControl

    @Option(help: "Where workers fetch inputs and deliver results.")
    var bindBulk = FarmConnection.defaultBulk

    @Flag(
        inversion: .prefixedNo,
        help: "Let in only keys that weft keys enrol has put on the list in the state folder."
    )
    var keys = true

    @Flag(help: "With --no-keys, serve beyond this machine: whoever reaches the ports gets in.")
    var insecure = false

    @Option(
        help: "Folder that inputs and outputs of jobs have to be in; any unless given.",
        completion: .directory
    )
    var mediaRoot: String?

    @OptionGroup var log: LogOptions

    func run() throws {
        outliveReaders()
        var configuration = CoordinatorConfiguration(
            stateFolder: absolutePath(state),
            controlEndpoint: bindControl,
            bulkEndpoint: bindBulk,
            usesKeys: keys
        )
        configuration.isInsecure = insecure
        configuration.mediaRoot = mediaRoot.map(absolutePath)
        configuration.handlesSignals = true
        let server = try CoordinatorServer(
            configuration,
            context: try Context(),
            logger: log.logger("weft.coordinator")
        )
        _ = try server.run()
    }
}
