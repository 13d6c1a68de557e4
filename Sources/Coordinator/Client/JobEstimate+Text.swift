import Scheduling
package import Tensors

extension JobEstimate {
    /// The plan for people.
    package var text: String {
        var lines = [
            "\(NumberText.count(frames, "frame")) in \(NumberText.count(shots.count, "shot"))"
        ]
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
