import Scheduling
package import Tensors
import WireProtocol

extension JobEstimate {
    /// The plan for people.
    package var text: String {
        var lines = choices
        lines.append(
            "\(NumberText.count(frames, "frame")) in \(NumberText.count(shots.count, "shot"))"
        )
        for shot in shots.prefix(Self.shotsShown) {
            let end = shot.firstFrame + shot.work.frameCount
            lines.append(
                "  shot \(shot.index): frames \(shot.firstFrame)..<\(end), "
                    + NumberText.count(shot.work.windows.count, "window")
            )
        }
        if shots.count > Self.shotsShown {
            lines.append("  and \(NumberText.count(shots.count - Self.shotsShown, "more shot"))")
        }
        let ends = rounds.map { "\($0.upperBound)" }.joined(separator: ", ")
        lines += [
            "windows: \(windows), \(sampledFrames) frames sampled "
                + "(\(NumberText.fixed(workFactor, 2)) times the video)",
            "rounds: \(rounds.count), ending after steps \(ends); blends: \(fusions), "
                + "overlaps: \(overlaps)",
            "units: "
                + UnitKind.allCases.map { "\(units[$0] ?? 0) \($0.rawValue)" }
                .joined(separator: ", ") + "; steps: \(steps)",
            "disk: up to \(NumberText.bytes(stateBytes)) of state, and the output",
            "memory: up to \(NumberText.bytes(coordinatorBytes)) for tensors in the coordinator "
                + "beside \(NumberText.bytes(Self.cacheBytes)) of caches, "
                + "\(NumberText.bytes(workerBytes)) in a worker beside its network",
            "traffic: \(NumberText.bytes(sentBytes)) to workers, "
                + "\(NumberText.bytes(receivedBytes)) from them",
        ]
        return lines.joined(separator: "\n")
    }

    /// What is rendered how, line by line.
    private var choices: [String] {
        func number(_ value: Double) -> String {
            let text = "\(value)"
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        let blends =
            job.fuseEvery == 0
            ? "blended at the end"
            : "blended after every \(NumberText.count(Int(job.fuseEvery), "step")) until "
                + number(job.fuseUntil)
        let prior = job.prompt == nil ? "" : "prior guidance \(number(job.priorGuidance)), "
        return [
            "model: \(job.model), pictures of \(job.width)x\(job.height)",
            "sampling: \(NumberText.count(Int(job.steps), "step")), "
                + "guidance \(number(job.guidance)), " + prior
                + "temporal guidance \(number(job.temporalGuidance)), "
                + "structure level \(job.structureLevel), strength \(number(job.strength)), "
                + "eta \(number(job.eta)), noise \(job.noise), seed \(job.seed)",
            "fusion: windows of \(job.window) that share \(job.overlap), taper \(job.taper), "
                + blends,
        ]
    }

    /// The same by the names of the options.
    private var settings: JSONValue {
        .object([
            "model": .string(job.model),
            "width": .integer(Int(job.width)),
            "height": .integer(Int(job.height)),
            "steps": .integer(Int(job.steps)),
            "guidance": .number(job.guidance),
            "prior_guidance": job.prompt == nil ? .null : .number(job.priorGuidance),
            "temporal_guidance": .number(job.temporalGuidance),
            "structure_level": .integer(Int(job.structureLevel)),
            "strength": .number(job.strength),
            "eta": .number(job.eta),
            "noise": .string("\(job.noise)"),
            "seed": .string("\(job.seed)"),
            "window": .integer(Int(job.window)),
            "overlap": .integer(Int(job.overlap)),
            "taper": .string("\(job.taper)"),
            "fuse_every": job.fuseEvery == 0 ? .string("never") : .integer(Int(job.fuseEvery)),
            "fuse_until": .number(job.fuseUntil),
        ])
    }

    private static let shotsShown = 20

    /// The plan as `--dry-run --json` prints it.
    package var json: JSONValue {
        let shots = shots.map { shot -> JSONValue in
            let windows = shot.work.windows.map { window -> JSONValue in
                .object([
                    "start": .integer(window.lowerBound), "end": .integer(window.upperBound),
                ])
            }
            return .object([
                "index": .integer(shot.index),
                "first_frame": .integer(shot.firstFrame),
                "frames": .integer(shot.work.frameCount),
                "windows": .array(windows),
            ])
        }
        let counts = UnitKind.allCases.map { ($0.rawValue, JSONValue.integer(units[$0] ?? 0)) }
        return .object([
            "schema": .integer(1),
            "settings": settings,
            "frames": .integer(frames),
            "shots": .array(shots),
            "windows": .integer(windows),
            "sampled_frames": .integer(sampledFrames),
            "rounds": .array(
                rounds.map { round in
                    .object([
                        "start": .integer(round.lowerBound), "end": .integer(round.upperBound),
                    ])
                }
            ),
            "units": .object(Dictionary(uniqueKeysWithValues: counts)),
            "fusions": .integer(fusions),
            "overlaps": .integer(overlaps),
            "steps": .integer(steps),
            "state_bytes": .integer(stateBytes),
            "coordinator_memory_bytes": .integer(coordinatorBytes),
            "coordinator_cache_bytes": .integer(Self.cacheBytes),
            "worker_memory_bytes": .integer(workerBytes),
            "sent_bytes": .integer(sentBytes),
            "received_bytes": .integer(receivedBytes),
        ])
    }
}
