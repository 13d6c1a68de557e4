import Foundation
import GRDB
import TestSupport
import Testing

/// Real processes, killed without warning at random instants: nothing of it may be seen in the
/// result, and no finished unit is computed a second time.
@Suite(.serialized) struct FarmChaosTests {
    private static let settings = [
        "--prompt", "a red frog", "--seed", "5", "--steps", "12", "--window", "8", "--overlap", "4",
        "--size", "64x64", "--fuse-every", "1", "--fuse-until", "1", "--codec", "ffv1",
    ]

    private let folder: TemporaryFolder
    private let model: String
    private let clip: String

    init() throws {
        folder = try TemporaryFolder()
        model = folder("model")
        clip = try folder.write(
            SyntheticMedia.movingSquare(width: 64, height: 64, frames: 30, cut: 22),
            to: "clip.y4m"
        )
        let made = try Program.run(["model", "create", "tiny", "--output", model])
        try #require(made.status == 0, "\(made.errors)")
    }

    /// The accepted results of a coordinator's ledger: a checksum for each unit.
    private func results(_ state: String) throws -> [String: String] {
        let queue = try DatabaseQueue(path: "\(state)/ledger.sqlite")
        return try queue.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT shot, unit, unit_index, round, checksum FROM unit"
            )
            var results: [String: String] = [:]
            for row in rows {
                let (shot, index, round): (Int, Int, Int) = (
                    row["shot"], row["unit_index"], row["round"]
                )
                let kind: String = row["unit"]
                results["\(kind)/\(shot)/\(index)/\(round)"] = row["checksum"]
            }
            return results
        }
    }

    /// What the blends of the job's overlaps measured, by pair of windows and round.
    private func overlaps(_ state: String) throws -> [String: Double] {
        try DatabaseQueue(path: "\(state)/ledger.sqlite").read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT shot || '/' || round || '/' || left_window || '/' || right_window
                        AS place, ratio
                    FROM mismatch
                    """
            )
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["place"], $0["ratio"]) })
        }
    }

    /// Runs the job undisturbed with `workers` workers of its own farm.
    private func undisturbed(workers: Int) throws -> (results: [String: String], output: Data) {
        let name = "calm-\(workers)"
        let outcome = try Program.run(
            ["render", clip, "--output", folder("\(name).mkv"), "--model", model]
                + ["--workers", "\(workers)", "--state", folder(name)] + Self.settings,
            seconds: 240
        )
        try #require(outcome.status == 0, "\(outcome.errors)")
        return (
            try results("\(folder(name))/coordinator"),
            try Data(contentsOf: URL(filePath: folder("\(name).mkv")))
        )
    }

    @Test func `workers do not change a bit`() throws {
        let one = try undisturbed(workers: 1)
        #expect(one.results.count > 50)
        for workers in [2, 5] {
            let many = try undisturbed(workers: workers)
            #expect(many.results == one.results, "\(workers) workers")
            #expect(many.output == one.output, "\(workers) workers")
        }
    }

    @Test func `twenty kills do not change a bit and nothing finished is computed again`() throws {
        let calm = try undisturbed(workers: 2)
        let seed = UInt64.random(in: 0..<1 << 32)
        var random = SeededGenerator(seed: seed)
        var farm = try ChaosFarm(folder, workers: 3)
        defer { farm.end() }
        let output = folder("wild.mkv")
        let submitted = try Program.run(
            ["submit", clip, "--output", output, "--model", model]
                + ["--coordinator", farm.endpoint, "--patience", "60"]
                + Self.settings,
            // Longer than its patience, so that it can say what it waited for.
            seconds: 120
        )
        try #require(submitted.status == 0, "seed \(seed): \(submitted.errors)")
        let job = submitted.output.trimmingCharacters(in: .whitespacesAndNewlines)

        for _ in 0..<20 {
            usleep(UInt32.random(in: 20_000...700_000, using: &random))
            try farm.killAndRestart(Int.random(in: 0...3, using: &random))
        }
        let watched = try Program.run(
            ["watch", job, "--coordinator", farm.endpoint],
            seconds: 240
        )
        #expect(watched.status == 0, "seed \(seed): \(watched.errors)")
        farm.end()

        #expect(try results(farm.state) == calm.results, "seed \(seed)")
        #expect(try Data(contentsOf: URL(filePath: output)) == calm.output, "seed \(seed)")
        let overlaps = try overlaps(folder("calm-2/coordinator"))
        #expect(try self.overlaps(farm.state) == overlaps && !overlaps.isEmpty, "seed \(seed)")
        #expect(try finishedTwice(farm.state).isEmpty, "seed \(seed)")
        #expect(try grantedAfterFinish(farm.state).isEmpty, "seed \(seed)")
    }

    /// Units with more than one accepted result.
    private func finishedTwice(_ state: String) throws -> [String] {
        try DatabaseQueue(path: "\(state)/ledger.sqlite").read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM (
                        SELECT unit || '/' || shot || '/' || unit_index || '/' || round
                            AS name
                        FROM event WHERE kind = 'finished'
                    ) GROUP BY name HAVING count(*) > 1
                    """
            )
        }
    }

    /// Units that were given out although their result was there.
    private func grantedAfterFinish(_ state: String) throws -> [String] {
        try DatabaseQueue(path: "\(state)/ledger.sqlite").read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT g.unit || '/' || g.shot || '/' || g.unit_index || '/' || g.round
                    FROM event g JOIN event f
                        ON f.job = g.job AND f.shot = g.shot AND f.unit = g.unit
                            AND f.unit_index = g.unit_index AND f.round = g.round
                    WHERE g.kind = 'granted' AND f.kind = 'finished' AND g.sequence > f.sequence
                    """
            )
        }
    }
}

/// A coordinator and workers as processes of their own, each of which can be killed and comes back.
private struct ChaosFarm {
    let state: String
    let endpoint: String
    private let bulk: String
    private let folder: TemporaryFolder
    private var coordinator: RunningProgram
    private var workers: [RunningProgram] = []

    init(_ folder: TemporaryFolder, workers count: Int) throws {
        self.folder = folder
        state = folder("farm")
        endpoint = "ipc://\(folder("control"))"
        bulk = "ipc://\(folder("bulk"))"
        coordinator = try Self.coordinator(state, endpoint, bulk)
        for index in 0..<count { workers.append(try worker(index)) }
    }

    private static func coordinator(
        _ state: String,
        _ control: String,
        _ bulk: String
    ) throws -> RunningProgram {
        try Program.start(
            ["coordinator", "--no-keys", "--state", state]
                + ["--bind-control", control, "--bind-bulk", bulk]
        )
    }

    private func worker(_ index: Int) throws -> RunningProgram {
        try Program.start(
            ["worker", "--connect", endpoint, "--connect-bulk", bulk]
                + ["--state", folder("worker-\(index)"), "--threads", "1"]
        )
    }

    /// 0 is the coordinator.
    mutating func killAndRestart(_ victim: Int) throws {
        if victim == 0 {
            coordinator.signal(SIGKILL)
            _ = try coordinator.outcome()
            coordinator = try Self.coordinator(state, endpoint, bulk)
        } else {
            workers[victim - 1].signal(SIGKILL)
            _ = try workers[victim - 1].outcome()
            workers[victim - 1] = try worker(victim - 1)
        }
    }

    func end() {
        for process in workers + [coordinator] {
            process.signal(SIGKILL)
            _ = try? process.outcome()
        }
    }
}
