import ArgumentParser
import Coordinator
import FFmpeg
import Foundation
import Glibc
import Scheduling
import Tensors
import WireProtocol
import ZeroMQ

/// `weft render`: a clip in, a finished video out.
struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Render a clip through a farm, by default one inside this process.",
        discussion: """
            weft render in.mp4 -o out.mp4 --prompt "a red clay rabbit" --device auto

            Without --coordinator, a coordinator and local workers are started for this job and \
            end with it; nothing is written under the output's name before it is complete. With \
            --state, the same command started again after a crash goes on where it was.
            """
    )

    @OptionGroup(title: "Job") var job: JobOptions
    @OptionGroup(title: "Remote farm") var connection: FarmConnection

    @OptionGroup(title: "Local workers") var local: LocalDeviceOptions

    @Option(help: "Folder that keeps the job over a crash of this command.", completion: .directory)
    var state: String?

    @Option(
        help: """
            A PNG picture to write when the video is done: rows of the clip, its depth and the \
            result.
            """,
        completion: .file(extensions: ["png"])
    )
    var contactSheet: String?

    @Flag(help: "Print what the job would take and do nothing.")
    var dryRun = false

    @Flag(help: "Replace an output that is there.")
    var force = false

    @Flag(help: "Print one JSON object at the end instead of text.")
    var json = false

    func validate() throws {
        if let contactSheet, !contactSheet.hasSuffix(".png") {
            throw ValidationError(
                "--contact-sheet: expected a name that ends in .png, found '\(contactSheet)'"
            )
        }
        if connection.coordinator != nil, let option = local.firstGiven {
            throw ValidationError("\(option): a farm elsewhere has workers of its own")
        }
        if connection.coordinator != nil, state != nil {
            throw ValidationError("--state: a farm elsewhere keeps its own state")
        }
    }

    func run() throws {
        let isRemote = connection.coordinator != nil
        let draft = try JobDraft(job, isRemote: isRemote, replacesOutput: force)
        let sheet = try contactSheet.map {
            try ContactSheetFile($0, replaces: force, draft: draft)
        }
        let devices = try local.resolved()
        if dryRun {
            let estimate = try draft.estimate()
            print(json ? estimate.json.serialized(isIndented: true) : estimate.text)
            return
        }
        let signals = try SignalMonitor([.interrupt, .terminate])
        let context = try Context()
        if isRemote {
            let client = try connection.client(context)
            try render(draft, sheet, devices, with: client, signals, farm: nil)
        } else {
            try draft.checkRoom(stateFolder: state)
            let farm = try EmbeddedFarm(
                EmbeddedFarm.Settings(
                    workers: devices.workerArguments,
                    stateFolder: state.map(absolutePath)
                ),
                context: context
            )
            defer { farm.stop() }
            let client = try FarmClient(context: context, endpoint: farm.controlEndpoint)
            try render(draft, sheet, devices, with: client, signals, farm: farm)
        }
    }

    private func render(
        _ draft: JobDraft,
        _ sheet: ContactSheetFile?,
        _ devices: LocalDevices,
        with client: FarmClient,
        _ signals: SignalMonitor,
        farm: EmbeddedFarm?
    ) throws {
        let start = ContinuousClock.now
        let id = try submit(draft, client, isEmbedded: farm != nil)
        var printer = ProgressPrinter(.automatic)
        let watch = JobWatch(client: client, signals: signals, check: { try farm?.tend() })
        switch try watch.run(id, &printer) {
        case .job(let details):
            printer.end()
            let seconds = (ContinuousClock.now - start).seconds
            if let sheet, details.report.state == .done {
                try sheet.write(
                    draft,
                    frameCount: details.report.frameCount,
                    on: devices.makeBackend()
                )
            }
            try report(details, client.workShares(of: id), seconds: seconds)
        case .timeout: preconditionFailure("a render has no time limit")
        case .signal(let signal):
            printer.end()
            try interrupted(id, client, signal, isEmbedded: farm != nil)
        }
    }

    /// Submits, or finds the job that an earlier run with the same state folder left open.
    private func submit(
        _ draft: JobDraft,
        _ client: FarmClient,
        isEmbedded: Bool
    ) throws -> JobID {
        guard isEmbedded else {
            let request = JobRequest(idempotencyKey: randomKey())
            return try client.submitting(draft.specification, as: request)
        }
        let base = "render-\(draft.digest)"
        let before = try client.jobs().map(\.report).filter {
            $0.request.idempotencyKey.hasPrefix(base)
        }
        if let open = before.first(where: { !$0.state.isFinal }) {
            writeToStandardError("weft: \(open.id) goes on where it was, from \(state ?? "")\n")
            if open.state == .held { try client.command(.retry, open.id) }
            return open.id
        }
        // What ended is not rendered again under its old key: the same answer would come back.
        let request = JobRequest(idempotencyKey: "\(base)-\(before.count + 1)")
        return try client.submit(request, draft.specification)
    }

    private func report(
        _ details: JobDetails,
        _ work: WorkShares?,
        seconds: Double
    ) throws {
        let isDone = details.report.state == .done
        let length =
            isDone && job.codec != "png"
            ? (try? MediaInfo.probe(details.output))?.duration?.double : nil
        if json {
            var members = details.jsonMembers(work)
            members["seconds"] = .number(seconds)
            members["output_seconds"] = length.map { .number($0) } ?? .null
            if let contactSheet { members["contact_sheet"] = .string(contactSheet) }
            print(JSONValue.object(members).serialized(isIndented: true))
        } else if isDone {
            print(JobText.report(details, work, seconds: seconds, outputSeconds: length))
            if let contactSheet { print("contact sheet: \(contactSheet)") }
        }
        guard !isDone else { return }
        throw Failure(.failed, JobText.report(details, work, seconds: seconds))
    }

    /// Ends the job in good order; with a state folder it stays open, to be continued.
    private func interrupted(
        _ id: JobID,
        _ client: FarmClient,
        _ signal: Signal,
        isEmbedded: Bool
    ) throws {
        guard isEmbedded else {
            throw Failure(
                signal.exitStatus,
                "\(id) goes on without this command; weft watch \(id) shows it, weft cancel \(id) "
                    + "ends it"
            )
        }
        if let state {
            throw Failure(
                signal.exitStatus,
                "\(id) is stopped; the same command with --state \(state) continues it"
            )
        }
        try client.command(.cancel, id)
        throw Failure(signal.exitStatus, "\(id) is cancelled, nothing was written")
    }
}
