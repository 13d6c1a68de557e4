import ArgumentParser
import Coordinator
import Foundation
import Glibc
import Pipelines
import Scheduling
import ShippedModel
import Worker
import ZeroMQ

/// `weft worker`: the daemon that computes units.
struct WorkerDaemonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run a farm's worker until it is drained.",
        discussion: """
            Takes units from a coordinator and computes them in a child process, which may crash; \
            finished results wait on the disk until the coordinator has them. SIGUSR1 drains: \
            what runs is finished. SIGTERM and SIGINT drain fast: what runs is given back. A \
            worker that cannot reach its coordinator goes on trying for the orphan timeout.
            """
    )

    @Option(
        help: """
            The coordinator's control endpoint; else WEFT_COORDINATOR, else \
            \(FarmConnection.defaultControl).
            """
    )
    var connect: String?

    @Option(help: "The coordinator's bulk endpoint; the control's with the next port unless given.")
    var connectBulk: String?

    @OptionGroup var keys: KeyOptions

    @Option(help: "Folder that is this worker's alone.", completion: .directory)
    var state: String

    @Option(help: "For people; the machine's name unless given.")
    var name: String?

    @OptionGroup var compute: ComputeOptions

    @Option(
        help: "Folder of the models; jobs may use no others but weft-small.",
        completion: .directory
    )
    var models: String?

    @Option(help: "Units held at a time, 1 to 64: one runs, inputs of the others are fetched.")
    var credit = 2

    @Option(help: "Seconds this process has in all; it drains in time and ends with status 75.")
    var lifetime: Double?

    @Option(help: "Seconds of the lifetime that are kept for draining.")
    var lifetimeMargin = 120.0

    @Option(help: "Seconds without a coordinator after which it ends with status 75.")
    var orphanTimeout = 1800.0

    @Option(help: "Seconds that draining may take.")
    var drainGrace = 120.0

    @Option(help: "What computes: the model, or stub:Nms, which only waits N ms at each step.")
    var sampler = "model"

    @Flag(help: "Drain fast when standard input ends: for a process that starts workers.")
    var leaveWithInput = false

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard (1...64).contains(credit) else {
            throw ValidationError("--credit: expected 1 to 64, found \(credit)")
        }
        guard sampler == "model" || StubComputer(sampler) != nil else {
            throw ValidationError("--sampler: expected model or stub:Nms, found '\(sampler)'")
        }
        for (option, value) in [
            ("--lifetime", lifetime ?? 1), ("--lifetime-margin", lifetimeMargin),
            ("--orphan-timeout", orphanTimeout), ("--drain-grace", drainGrace),
        ] where !(value > 0 && value < 1e8) {
            throw ValidationError("\(option): expected more than 0 s, found \(value)")
        }
    }

    func run() throws {
        outliveReaders()
        let control = try WorkerControl()
        let daemon = try WorkerDaemon(
            configuration(),
            software: weftVersion,
            context: try Context(),
            control: control,
            signals: try SignalMonitor(),
            logger: log.logger("weft.worker")
        )
        if leaveWithInput { drainAtEndOfInput(control) }
        switch try daemon.run() {
        case .drained: return
        case .interrupted: throw ExitCode(ExitStatus.temporary.rawValue)
        case .orphaned:
            throw Failure(.temporary, "no coordinator for \(NumberText.fixed(orphanTimeout, 0)) s")
        }
    }

    private func configuration() throws -> WorkerConfiguration {
        let endpoint =
            connect ?? Environment.value("WEFT_COORDINATOR") ?? FarmConnection.defaultControl
        guard let bulk = connectBulk ?? FarmEndpoints.bulk(besides: endpoint) else {
            throw Failure(
                .usage,
                "--connect-bulk: expected it, for \(endpoint) has no port to count on from"
            )
        }
        var configuration = WorkerConfiguration(
            name: name ?? ProcessInfo.processInfo.hostName,
            control: endpoint,
            bulk: bulk,
            stateFolder: absolutePath(state),
            runner: RunnerCommand("/proc/self/exe", try runnerArguments())
        )
        configuration.keys = try keys.read().map {
            WorkerConfiguration.Keys(serverKey: $0.server, own: $0.own)
        }
        configuration.modelsFolder = models.map(absolutePath)
        // A worker without it is none the worse: jobs may name others.
        if let folder = try? ShippedModel.folder() {
            configuration.shippedModels = [ShippedModel.name: folder]
        }
        configuration.credit = credit
        configuration.lifetime = lifetime.map { .seconds($0) }
        configuration.lifetimeMargin = .seconds(lifetimeMargin)
        configuration.times.orphanTimeout = .seconds(orphanTimeout)
        configuration.times.drainGrace = .seconds(drainGrace)
        return configuration
    }

    private func runnerArguments() throws -> [String] {
        // Told here and now, not by a child that is started again and again.
        var compute = compute
        compute.device = try ComputingDevice.resolved(compute.device)
        return ["worker-runner", "--sampler", sampler] + compute.arguments
    }

    /// Whoever started this process is gone, and the coordinator with it in most cases: a second
    /// later nothing is waited for any more.
    ///
    /// The thread ends with the process: nothing else can be done about a read that waits.
    private func drainAtEndOfInput(_ control: WorkerControl) {
        Thread.detachNewThread {
            while let bytes = try? FileHandle.standardInput.read(upToCount: 4096), !bytes.isEmpty {}
            control.drain(.expedited)
            sleep(1)
            kill(getpid(), SIGTERM)
        }
    }
}
