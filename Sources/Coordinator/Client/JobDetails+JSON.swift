package import Scheduling
package import Tensors
package import WireProtocol

// What `--json` prints. `schema` is raised by a change that a reader cannot do without; new keys
// may come at any time.

extension JobDetails {
    /// The job as `weft show --json`, `weft ls --json` and `weft render --json` print it.
    package var json: JSONValue { .object(jsonMembers(nil)) }

    /// The members of `json`, for objects that have more.
    ///
    /// - Parameter work: Who made what, if somebody has asked.
    /// - Returns: Values by their keys.
    package func jsonMembers(_ work: WorkShares?) -> [String: JSONValue] {
        var members = ownMembers
        if let work { members["made_by"] = work.json }
        return members
    }

    private var ownMembers: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "schema": .integer(1),
            "job": .string(report.id.description),
            "name": .string(report.request.name),
            "idempotency_key": .string(report.request.idempotencyKey),
            "state": .string(report.state.rawValue),
            "reason": report.reason.map { .string($0) } ?? .null,
            "priority": .integer(report.request.priority),
            "workers_max": report.request.workersMax.map { .integer($0) } ?? .null,
            "input": .string(input),
            "output": .string(output),
            "submitted_at": .string(UTCTime.text(submittedAt)),
            "ended_at": endedAt.map { .string(UTCTime.text($0)) } ?? .null,
            "planned": .bool(report.isPlanned),
            "shots": .integer(report.shotCount),
            "frames": .integer(report.frameCount),
            "frames_written": .integer(Int(clamping: framesWritten)),
            "steps_done": .integer(report.stepsDone),
            "steps_total": .integer(report.stepsTotal),
            "workers": .integer(report.workerCount),
            "speculative_attempts": .integer(report.speculativeAttempts),
            "held_units": .array(report.heldUnits.map { .string($0.description) }),
            "device_classes": .array(deviceClasses.map { .string($0) }),
        ]
        members["device_deviations"] = .array(
            deviations.map { deviation in
                .object([
                    "first": .string(deviation.first),
                    "second": .string(deviation.second),
                    "ratio": .number(deviation.ratio),
                ])
            }
        )
        members["units"] = unitsJSON
        members["attempts"] = attemptsJSON
        members["overlap_mismatch"] = mismatchJSON
        if !events.isEmpty {
            members["events"] = .array(
                events.map { event in
                    .object([
                        "time": .string(UTCTime.text(event.time)), "text": .string(event.text),
                    ])
                }
            )
        }
        return members
    }

    private var unitsJSON: JSONValue {
        let kinds = UnitKind.allCases.map { kind -> (String, JSONValue) in
            let counts = report.units[kind] ?? UnitCounts()
            let members: [String: JSONValue] = [
                "total": .integer(counts.total), "blocked": .integer(counts.blocked),
                "ready": .integer(counts.ready), "leased": .integer(counts.leased),
                "done": .integer(counts.done), "held": .integer(counts.held),
            ]
            return (kind.rawValue, .object(members))
        }
        return .object(Dictionary(uniqueKeysWithValues: kinds))
    }

    private var attemptsJSON: JSONValue {
        let accepted = report.units.values.reduce(0) { $0 + $1.done }
        var members: [String: JSONValue] = ["accepted": .integer(accepted)]
        for end in AttemptEnd.allCases {
            members[end.rawValue] = .integer(report.attempts[end] ?? 0)
        }
        return .object(members)
    }

    private var mismatchJSON: JSONValue {
        guard mismatchCount > 0 else { return .null }
        return .object([
            "count": .integer(Int(clamping: mismatchCount)),
            // JSON has no infinity: windows that differ and do not vary.
            "mean": mismatchMean.isFinite ? .number(mismatchMean) : .null,
            "largest": mismatchLargest.isFinite ? .number(mismatchLargest) : .null,
            "largest_round": .integer(Int(mismatchLargestRound)),
            "largest_left_window": .integer(Int(mismatchLargestWindow)),
        ])
    }
}

extension JobProgress {
    /// A line of `--json` on the way, and the `progress` of the final object.
    package var json: JSONValue {
        let stages = stages.map { stage -> JSONValue in
            .object([
                "stage": .string(stage.stage.rawValue),
                "done": .integer(stage.done),
                "total": stage.total.map { .integer($0) } ?? .null,
                "per_second": stage.rate.map { .number($0) } ?? .null,
                "seconds_left": stage.secondsLeft.map { .number($0) } ?? .null,
            ])
        }
        return .object([
            "schema": .integer(1),
            "job": .string(details.report.id.description),
            "state": .string(details.report.state.rawValue),
            "seconds": .number(seconds),
            "workers": .integer(details.report.workerCount),
            "stages": .array(stages),
        ])
    }
}

extension WorkerReport {
    /// The worker as `weft workers ls --json` prints it.
    package var json: JSONValue {
        let leases = leases.map { progress -> JSONValue in
            .object([
                "unit": .string(progress.lease.unit.description),
                "epoch": .string(progress.lease.epoch.description),
                "phase": .string(progress.phase.rawValue),
                "done": .integer(progress.done),
                "total": .integer(progress.total),
            ])
        }
        return .object([
            "worker": .string(id.name),
            "name": .string(name),
            "device_class": .string(deviceClass),
            "connected": .bool(isConnected),
            "standing": .string(standing.rawValue),
            "leases": .array(leases),
            "units_done": .integer(unitsDone),
            "units_failed": .integer(unitsFailed),
            "silent_seconds": .number(Double(silence.wholeNanoseconds) / 1e9),
        ])
    }
}
