import ArgumentParser
import Coordinator
import Scheduling
import Tensors
import WireProtocol
import ZeroMQ

/// `weft submit`: a job for a farm that is running.
struct SubmitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Give a job to a coordinator.",
        discussion: """
            Prints the job's id once the coordinator has it on its disk: from then on the job is \
            done whatever is switched off in between. Paths are those of the coordinator's \
            machine, the model's those of the workers; this machine has the same model, of \
            which it reads the configs and samples of the weights.
            """
    )

    @OptionGroup(title: "Job") var job: JobOptions
    @OptionGroup(title: "Farm") var connection: FarmConnection

    @Option(help: "A name for people.")
    var name = ""

    @Option(help: "Jobs of higher priority go first.")
    var priority = 0

    @Option(help: "Workers that the job may use at a time; all unless given.")
    var maxWorkers: Int?

    @Flag(help: "Let the job wait until weft resume.")
    var paused = false

    @Option(help: "Submits with the same key are the same job, however often they are sent.")
    var idempotencyKey: String?

    @Flag(help: "Wait for the end of the job; status 1 unless it is done.")
    var wait = false

    @Option(help: "With --wait, seconds after which to stop waiting, with status 124.")
    var timeout: Double?

    @Flag(help: "Print what the job would take and do nothing.")
    var dryRun = false

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        guard maxWorkers ?? 1 > 0 else {
            throw ValidationError("--max-workers: expected at least 1, found \(maxWorkers ?? 0)")
        }
        guard (-1_000_000...1_000_000).contains(priority) else {
            throw ValidationError("--priority: expected -1000000 to 1000000, found \(priority)")
        }
        guard timeout == nil || wait else {
            throw ValidationError("--timeout: expected it with --wait")
        }
        guard timeout ?? 1 > 0 else {
            throw ValidationError("--timeout: expected more than 0 s, found \(timeout ?? 0)")
        }
    }

    func run() throws {
        let draft = try JobDraft(job, isRemote: true, replacesOutput: true)
        if dryRun {
            let estimate = try draft.estimate()
            print(json ? estimate.json.serialized(isIndented: true) : estimate.text)
            return
        }
        let client = try connection.client(try Context())
        let request = JobRequest(
            idempotencyKey: idempotencyKey ?? randomKey(),
            name: name,
            priority: priority,
            workersMax: maxWorkers,
            isPaused: paused
        )
        let id = try client.submitting(draft.specification, as: request)
        guard wait else {
            print(json ? JSONValue.object(["job": .string("\(id)")]).serialized() : "\(id)")
            return
        }
        if !json { print("\(id)") }
        try follow(id, client, timeout: timeout, json: json ? .last : .none)
    }
}

/// What of a job that is followed is printed as JSON.
enum FollowedJSON {
    case none
    /// The job at its end.
    case last
    /// A line for each look at it, and the job at its end.
    case all
}

/// Shows a job until it ends.
///
/// - Throws: `Failure` with status 1 if it ends otherwise than done, 124 if the time is over first,
///   130 or 143 after a signal; the job goes on after those.
func follow(_ id: JobID, _ client: FarmClient, timeout: Double?, json: FollowedJSON) throws {
    let signals = try SignalMonitor([.interrupt, .terminate])
    var printer = ProgressPrinter(json == .all ? .objects : .automatic)
    let deadline = timeout.map { ContinuousClock.now + .seconds($0) }
    let watch = JobWatch(client: client, signals: signals, deadline: deadline)
    switch try watch.run(id, &printer) {
    case .job(let details):
        printer.end()
        let work = try client.workShares(of: id)
        if json != .none {
            let object = JSONValue.object(details.jsonMembers(work))
            print(object.serialized(isIndented: json == .last))
        } else if details.report.state == .done {
            print(JobText.report(details, work))
        }
        guard details.report.state == .done else {
            throw Failure(.failed, JobText.report(details, work))
        }
    case .timeout:
        throw Failure(
            .timedOut,
            "\(id) is not done after \(NumberText.fixed(timeout ?? 0, 0)) s; it goes on"
        )
    case .signal(let signal):
        throw Failure(signal.exitStatus, "\(id) goes on; weft cancel \(id) ends it")
    }
}
