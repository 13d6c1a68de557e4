import Coordinator
import FFmpeg
import Scheduling
import TestSupport
import WireProtocol

/// Entries with values drawn over all that they can be, of jobs that are there.
struct EntryGenerator {
    private var random: SeededGenerator
    private var jobCount: UInt64 = 0
    private(set) var openJobs: [JobID] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// Some entries with their details.
    mutating func batch() -> ([LedgerEntry], LedgerDetails) {
        var details = LedgerDetails()
        var entries: [LedgerEntry] = []
        for _ in 0...below(6) {
            if openJobs.isEmpty || below(6) == 0 {
                jobCount += 1
                let job = JobID(jobCount)
                openJobs.append(job)
                let specification = Self.specification(prompt: text())
                details.note(specification, submittedAt: 1_700_000_000, of: job)
                entries.append(.submitted(job, request(job)))
            } else {
                entries.append(entry(openJobs[below(openJobs.count)]))
            }
            if case .discarded(let job) = entries[entries.count - 1] {
                openJobs.removeAll { $0 == job }
            }
        }
        if let job = openJobs.last {
            details.note(JobEventLine(time: 5, text: text()), of: job)
            details.note(deviceClass: "class \(below(3))", of: job)
            details.note(DeviceDeviation("a", "b", ratio: Double(below(9))), of: job)
            let unit = UnitKey(job: job, shot: 0, unit: UnitID(.depth, index: below(9)))
            details.note(UnitOrigin(unit, WorkerID("w"), name: text(), deviceClass: "a"))
        }
        return (entries, details)
    }

    static func specification(prompt: String = "a clay fox") -> JobSpecification {
        var job = JobSpecification()
        job.input = "/clips/fox.mp4"
        job.output = "/films/fox.mp4"
        job.model = "/models/gen1"
        job.modelFingerprint = [UInt8](repeating: 9, count: WireLimits.fingerprintBytes)
        job.width = 64
        job.height = 32
        job.contentChannels = 8
        job.prompt = prompt
        return job
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func text() -> String {
        let words = ["", "no room", "\"quoted\"", "紙 🐇", "a\nb", "%_'; --", "\u{1}"]
        return words[below(words.count)] + words[below(words.count)]
    }

    mutating func lease(_ job: JobID) -> Lease {
        Lease(
            unit(job),
            Epoch(
                instance: below(2) == 0 ? 1 : .random(in: 1 ... .max, using: &random),
                number: .random(in: 1 ... .max, using: &random)
            )
        )
    }

    mutating func unit(_ job: JobID) -> UnitKey {
        let kind = UnitKind.allCases[below(4)]
        return UnitKey(
            job: job,
            shot: kind == .content ? 0 : below(1 << 20),
            unit: UnitID(kind, index: below(1 << 30), round: kind == .sample ? below(1000) : 0)
        )
    }

    mutating func summary() -> ResultSummary {
        ResultSummary(
            checksum: (0..<32).map { _ in UInt8(below(256)) },
            byteCount: below(1 << 40),
            least: Float.random(in: -1e30...0, using: &random),
            largest: below(4) == 0 ? .infinity : Float.random(in: 0...1, using: &random)
        )
    }

    private mutating func request(_ job: JobID) -> JobRequest {
        JobRequest(
            idempotencyKey: "\(job) \(text())",
            name: text(),
            priority: below(2001) - 1000,
            workersMax: below(2) == 0 ? nil : 1 + below(100),
            isPaused: below(2) == 0
        )
    }

    private mutating func shot(_ index: Int) -> ShotOutline {
        let frames = 1 + below(40)
        let length = 1 + below(frames)
        var windows: [Range<Int>] = [0..<length]
        while windows[windows.count - 1].upperBound < frames {
            let last = windows[windows.count - 1]
            let start = last.lowerBound + 1 + below(length)
            windows.append(start..<min(start + length, frames))
            if start + length >= frames {
                windows[windows.count - 1] = max(last.lowerBound + 1, frames - length)..<frames
            }
        }
        let steps = 1 + below(20)
        let middle = 1 + below(steps)
        let rounds = middle < steps ? [0..<middle, middle..<steps] : [0..<steps]
        let work = WorkOutline(
            frameCount: frames,
            windows: windows,
            rounds: rounds,
            chunkFrames: 1 + below(8)
        )
        return ShotOutline(index: index, firstFrame: below(1 << 30), work: work)
    }

    private mutating func entry(_ job: JobID) -> LedgerEntry {
        let worker = WorkerID("worker \(below(5))\(text())")
        switch below(12) {
        case 0: return .started(instance: .random(in: 1 ... .max, using: &random))
        case 1:
            let shots = (0..<below(4)).map { shot($0) }
            return .planned(job, shots, isLast: below(2) == 0)
        case 2: return .granted(worker, lease(job))
        case 3:
            let end = AttemptEnd.allCases[below(AttemptEnd.allCases.count)]
            return .ended(worker, lease(job), end, reason: text())
        case 4: return .finished(worker, lease(job), summary())
        case 5: return .held(unit(job), reason: text())
        case 6: return .reopened(job)
        case 7: return .lost(unit(job))
        case 8:
            let state = JobState.allCases[below(JobState.allCases.count)]
            return .jobChanged(job, state, reason: below(2) == 0 ? nil : text())
        case 9: return .priorityChanged(job, below(2001) - 1000)
        case 10:
            let standing = WorkerStanding.allCases[below(WorkerStanding.allCases.count)]
            return .workerChanged(worker, standing)
        default: return below(4) == 0 ? .discarded(job) : .reopened(job)
        }
    }
}

extension LedgerEntry {
    /// The job that it is about; nil for those of workers and starts.
    var job: JobID? {
        switch self {
        case .started, .workerChanged: nil
        case .submitted(let job, _), .planned(let job, _, _), .reopened(let job),
            .jobChanged(let job, _, _), .priorityChanged(let job, _), .discarded(let job):
            job
        case .granted(_, let lease), .ended(_, let lease, _, _), .finished(_, let lease, _):
            lease.unit.job
        case .held(let unit, _), .lost(let unit): unit.job
        }
    }
}
