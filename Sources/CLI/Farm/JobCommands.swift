import ArgumentParser
import Coordinator
import Scheduling
import Tensors
import WireProtocol
import ZeroMQ

extension JobID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// `weft ls`.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the jobs of a coordinator, newest first."
    )

    @Option(help: "Jobs at most.")
    var limit = 100

    @Option(help: "Only jobs in this state: \(ListCommand.states).")
    var state: JobState?

    @OptionGroup(title: "Farm") var connection: FarmConnection

    @Flag(help: "Print a JSON array instead of text.")
    var json = false

    func validate() throws {
        guard limit > 0 else {
            throw ValidationError("--limit: expected at least 1, found \(limit)")
        }
    }

    func run() throws {
        let client = try connection.client(try Context())
        let all = try client.jobs(limit: state == nil ? limit : .max)
        let jobs = Array(all.filter { state == nil || $0.report.state == state }.prefix(limit))
        print(
            json
                ? JSONValue.array(jobs.map(\.json)).serialized(isIndented: true)
                : JobText.list(jobs)
        )
    }

    private static let states = JobState.allCases.map(\.rawValue).joined(separator: ", ")
}

extension JobState: ExpressibleByArgument {}

/// `weft show`.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one job: how far it is, who made what, its attempts, its last events."
    )

    @Argument(help: "The job's id, such as job-17.")
    var job: JobID

    @OptionGroup(title: "Farm") var connection: FarmConnection

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
        let client = try connection.client(try Context())
        let (details, work) = (try client.job(job), try client.workShares(of: job))
        print(
            json
                ? JSONValue.object(details.jsonMembers(work)).serialized(isIndented: true)
                : JobText.details(details, work)
        )
    }
}

/// `weft watch`.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show a job's progress until it ends; status 1 unless it is done."
    )

    @Argument(help: "The job's id, such as job-17.")
    var job: JobID

    @Option(help: "Seconds after which to stop watching, with status 124.")
    var timeout: Double?

    @OptionGroup(title: "Farm") var connection: FarmConnection

    @Flag(help: "Print JSON objects, one a line: progress, and the job at its end.")
    var json = false

    func validate() throws {
        guard timeout ?? 1 > 0 else {
            throw ValidationError("--timeout: expected more than 0 s, found \(timeout ?? 0)")
        }
    }

    func run() throws {
        let client = try connection.client(try Context())
        try follow(job, client, timeout: timeout, json: json ? .all : .none)
    }
}

/// Jobs and a coordinator: what `cancel`, `pause`, `resume` and `retry` are given.
struct JobsOptions: ParsableArguments {
    @Argument(help: "Ids of jobs, such as job-17.")
    var jobs: [JobID]

    @OptionGroup(title: "Farm") var connection: FarmConnection

    /// Does the same to all; one that cannot be done does not keep the others from it.
    func command(_ command: JobCommand, _ done: String) throws {
        let client = try connection.client(try Context())
        var failures: [any Error] = []
        for job in jobs {
            do {
                try client.command(command, job)
                print("\(job) \(done)")
            } catch {
                guard case .refused = error.code else { throw error }
                failures.append(error)
            }
        }
        if let failure = Failure(firstOf: failures) { throw failure }
    }
}

struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End jobs; their running units stop, nothing is written."
    )

    @OptionGroup var options: JobsOptions

    func run() throws { try options.command(.cancel, "is cancelled") }
}

struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Give out no more units of jobs; what runs is finished and kept."
    )

    @OptionGroup var options: JobsOptions

    func run() throws { try options.command(.pause, "is paused") }
}

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let paused jobs go on."
    )

    @OptionGroup var options: JobsOptions

    func run() throws { try options.command(.resume, "goes on") }
}

struct RetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Open the held units of jobs, or failed jobs, again with fresh budgets."
    )

    @OptionGroup var options: JobsOptions

    func run() throws { try options.command(.retry, "is tried again") }
}
