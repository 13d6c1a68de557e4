import Foundation
import Tensors
import TestSupport
import Testing

/// A farm of two classes of devices, as real processes: the processor, and a device of CUDA that is
/// emulated.
@Suite(
    .serialized,
    .enabled(if: EmulatedLibraries.isAvailable, Comment(rawValue: EmulatedLibraries.reason))
)
struct MixedFarmTests {
    private let folder: TemporaryFolder
    private let libraries: EmulatedLibraries
    private let job: [String]

    init() throws {
        folder = try TemporaryFolder()
        libraries = try EmulatedLibraries()
        let clip = try folder.write(
            SyntheticMedia.movingSquare(width: 64, height: 64, frames: 12, cut: 12),
            to: "clip.y4m"
        )
        let made = try Program.run(["model", "create", "tiny", "--output", folder("model")])
        try #require(made.status == 0, "\(made.errors)")
        job = [
            clip, "-o", folder("out.mkv"), "--model", folder("model"), "--prompt", "a red frog",
            "--seed", "5", "--steps", "3", "--window", "4", "--overlap", "2", "--size", "64x64",
            "--fuse-every", "1", "--fuse-until", "1", "--codec", "ffv1",
        ]
    }

    private func run(
        _ arguments: [String],
        _ settings: [String: Int] = [:]
    ) throws -> Program.Outcome {
        try Program.run(
            libraries.command(arguments, settings),
            program: "/usr/bin/env",
            seconds: 300
        )
    }

    /// What a job's object says of who made what.
    private struct Report {
        let members: [String: JSONValue]
        /// Which worker made something, and the class of its device.
        var shares: [(worker: String, deviceClass: String)] = []
        /// Units by class of device.
        var units: [String: Set<String>] = [:]
        var deviations: [Double] = []

        init(_ text: String) throws {
            guard case .object(let members) = try JSONValue.parse(Array(text.utf8)),
                case .array(let shares) = members["made_by"],
                case .array(let deviations) = members["device_deviations"]
            else { throw Program.Failure("no report: \(text)") }
            self.members = members
            for case .object(let share) in shares {
                guard case .string(let name) = share["device_class"],
                    case .string(let worker) = share["name"],
                    case .array(let units) = share["units"]
                else { throw Program.Failure("no share: \(share)") }
                self.shares.append((worker, name))
                for case .string(let unit) in units { self.units[name, default: []].insert(unit) }
            }
            for case .object(let deviation) in deviations {
                guard case .number(let ratio) = deviation["ratio"] else {
                    throw Program.Failure("no number: \(deviation)")
                }
                self.deviations.append(ratio)
            }
        }

        var attempts: [String: JSONValue] {
            if case .object(let attempts) = members["attempts"] { attempts } else { [:] }
        }
    }

    private static let cuda = "cuda-90-float16"

    /// Starts a coordinator and two workers; all end with the values.
    private func farm(_ settings: [String: Int]) throws -> (ends: [RunningProgram], String) {
        let endpoint = "ipc://\(folder("control"))"
        var programs = [
            try Program.start(
                ["coordinator", "--no-keys", "--state", folder("farm")]
                    + ["--bind-control", endpoint, "--bind-bulk", "ipc://\(folder("bulk"))"]
            )
        ]
        for (name, device) in [
            ("plain", ["--threads", "1"]), ("device", ["--device", "cuda:0"]),
        ] {
            let arguments =
                ["worker", "--connect", endpoint, "--connect-bulk", "ipc://\(folder("bulk"))"]
                + ["--state", folder(name), "--name", name, "--models", folder.path] + device
            programs.append(
                try Program.start(libraries.command(arguments, settings), program: "/usr/bin/env")
            )
        }
        return (programs, endpoint)
    }

    private func waitForWorkers(_ endpoint: String) throws {
        for _ in 0..<600 {
            let list = try Program.run(["workers", "ls", "--coordinator", endpoint]).output
            if list.contains(Self.cuda), list.contains("plain") { return }
            usleep(100_000)
        }
        throw Program.Failure("the workers did not join")
    }

    @Test func `the report says who made what and how far the classes are apart`() throws {
        let (programs, endpoint) = try farm([:])
        defer { for program in programs { program.signal(SIGTERM) } }
        try waitForWorkers(endpoint)
        let outcome = try run(
            ["submit"] + job + ["--coordinator", endpoint, "--wait", "--json"]
        )
        try #require(outcome.status == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        #expect(report.units.count == 2 && report.units[Self.cuda]?.isEmpty == false)
        // Every unit was made somewhere, and in one place.
        let sets = Array(report.units.values)
        #expect(sets[0].isDisjoint(with: sets[1]))
        let accepted = report.attempts["accepted"]
        #expect(accepted == .integer(sets[0].count + sets[1].count))
        try #require(report.deviations.count == 1)
        // Half precision against single: the same picture, not the same bits.
        #expect(report.deviations[0] > 0 && report.deviations[0] < 1e-3, "\(report.deviations)")
        let shown = try Program.run(["show", "job-1", "--coordinator", endpoint]).output
        #expect(shown.contains("  by device:") && shown.contains("  by plain:"), "\(shown)")
        #expect(shown.contains("  deviation:") && shown.contains("D/(2 sigma^2) "), "\(shown)")
        #expect(try Data(contentsOf: URL(filePath: folder("out.mkv"))).count > 1000)
    }

    @Test func `a device that breaks ends the worker's child, and others go on`() throws {
        // Late enough to be in the midst of a unit, in every child that is started.
        let settings = ["fail_at": 1500, "fails_ever_after": 1]
        let (programs, endpoint) = try farm(settings)
        defer { for program in programs { program.signal(SIGTERM) } }
        try waitForWorkers(endpoint)
        let outcome = try run(
            ["submit"] + job + ["--coordinator", endpoint, "--wait", "--json"]
        )
        try #require(outcome.status == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        #expect(report.attempts["failedWorker"] != .integer(0), "\(report.attempts)")
        #expect(report.units.keys.contains { $0.hasPrefix("cpu-") })
        // The worker is what it was; its child went and came again.
        #expect(programs.allSatisfy { $0.isRunning })
        let log = try programs[2].errors
        #expect(log.contains("runner ended") && log.contains("CUDA_ERROR_LAUNCH_FAILED"), "\(log)")
    }

    @Test func `a render with several devices starts a worker for each`() throws {
        let outcome = try run(
            ["render"] + job + ["--device", "auto,cpu", "--json"]
                + ["--contact-sheet", folder("sheet.png"), "--state", folder("state")]
        )
        try #require(outcome.status == 0, "\(outcome.errors)")
        // Two emulated devices and the processor. A worker that is slow to start may find nothing
        // left to do, so what each made is not told beforehand; on what it would have, is.
        func log(_ number: Int) -> String? {
            try? String(contentsOfFile: folder("state/worker-\(number).log"), encoding: .utf8)
        }
        for number in 1...3 {
            let log = try #require(log(number))
            #expect(log.contains(" worker starts ") && log.contains("worker.name=local-\(number)"))
            guard log.contains(" runner is ready ") else { continue }
            let ready = "device.class=" + (number == 3 ? "cpu-" : Self.cuda)
            #expect(log.contains(ready), "\(log)")
        }
        #expect(log(4) == nil)
        let shares = try Report(outcome.output).shares
        #expect(!shares.isEmpty)
        for (name, deviceClass) in shares {
            #expect(["local-1", "local-2", "local-3"].contains(name))
            #expect((deviceClass == Self.cuda) == (name != "local-3"), "\(name): \(deviceClass)")
        }
    }

    @Test func `devices that cannot be had are told before anything starts`() throws {
        for (arguments, status, words) in [
            (["--device", "cuda:7"], 69, "weft: --device cuda:7: no such device; there are: "),
            (["--device", "cuda:0,cuda:0"], 64, "weft: --device cuda:0: it is named twice"),
            (["--device", "auto", "--workers", "1"], 64, "weft: --workers: expected at least 1"),
            (["--device", "gpu"], 64, "Error: "),
        ] as [([String], Int32, String)] {
            let outcome = try run(["render"] + job + arguments)
            #expect(outcome.status == status && outcome.output.isEmpty, "\(arguments)")
            #expect(outcome.errors.hasPrefix(words), "\(outcome.errors)")
        }
    }

    @Test func `evaluation judges on a device`() throws {
        let (clip, model) = (job[0], ["--model", folder("model"), "--no-windows"])
        let here = try run(["evaluate", clip] + model + ["--frames", "2"])
        let there = try run(["evaluate", clip, "--device", "cuda:0"] + model + ["--frames", "2"])
        #expect(here.status == 0 && there.status == 0, "\(there.errors)")
        let lines = [here, there].map { $0.output.split(separator: "\n").count }
        #expect(lines[0] == lines[1] && lines[0] > 5)
        let none = try run(["evaluate", clip, "--device", "cuda:0", "--no-networks"] + model)
        #expect(none.status == 64 && none.errors.contains("--no-networks"))
    }
}
