import ArgumentParser
import Coordinator
import Scheduling
import Tensors
import ZeroMQ

/// `weft workers`.
struct WorkersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "See and direct the workers of a coordinator.",
        subcommands: [
            List.self, Drain.self, Undrain.self, Quarantine.self, Release.self,
        ]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "List the workers, what they run, and how they stand."
        )

        @OptionGroup(title: "Farm") var connection: FarmConnection

        @Flag(help: "Print a JSON array instead of text.")
        var json = false

        func run() throws {
            let workers = try connection.client(try Context()).workers()
            print(
                json
                    ? JSONValue.array(workers.map(\.json)).serialized(isIndented: true)
                    : JobText.list(workers)
            )
        }
    }

    struct Drain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let workers finish what they run and leave."
        )

        @OptionGroup var options: NamedWorkers

        func run() throws { try options.command(.drain, "drains") }
    }

    struct Undrain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give draining workers units again."
        )

        @OptionGroup var options: NamedWorkers

        func run() throws { try options.command(.undrain, "gets units again") }
    }

    struct Quarantine: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give workers nothing until they are released."
        )

        @OptionGroup var options: NamedWorkers

        func run() throws { try options.command(.quarantine, "gets nothing until it is released") }
    }

    struct Release: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Trust quarantined workers again."
        )

        @OptionGroup var options: NamedWorkers

        func run() throws { try options.command(.release, "is trusted again") }
    }
}

/// Workers by id or by the name that people gave them.
struct NamedWorkers: ParsableArguments {
    @Argument(help: "Ids or names of workers, as weft workers ls shows them.")
    var workers: [String]

    @OptionGroup(title: "Farm") var connection: FarmConnection

    func command(_ command: WorkerCommand, _ done: String) throws {
        let client = try connection.client(try Context())
        let known = try client.workers()
        // All are looked up before anything is done to one.
        let chosen = try workers.map { name in
            let matches = known.filter { $0.id.name == name || $0.name == name }
            guard let match = matches.first else {
                throw Failure(.failed, "no worker has the id or name \(name)")
            }
            guard matches.count == 1 else {
                throw Failure(
                    .usage,
                    "\(matches.count) workers have the name \(name); expected an id"
                )
            }
            return match.id
        }
        for worker in chosen {
            try client.command(command, worker)
            print("\(worker) \(done)")
        }
    }
}
