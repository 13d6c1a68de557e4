import ArgumentParser
import Coordinator
import Scheduling
import Simulation
import Tensors

/// `weft benchmark scheduler`: the farm's decisions alone, on virtual time.
struct SchedulerBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scheduler",
        abstract: "Time the farm's decisions for thousands of simulated workers.",
        discussion: """
            Runs the machine that decides in a coordinator, without sockets and disks: workers \
            join, run units of about ten seconds each and tell of themselves every two, until all \
            units of a job are done.
            """
    )

    @Option(help: "Simulated workers.")
    var workers = 10_000

    @Option(help: "Units of the job, at least.")
    var units = 100_000

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(workers) else {
            throw ValidationError("--workers: expected 1 to 100000, found \(workers)")
        }
        guard (1...10_000_000).contains(units) else {
            throw ValidationError("--units: expected 1 to 10000000, found \(units)")
        }
    }

    func run() throws {
        let start = ContinuousClock.now
        var load = SchedulerLoad(workers: workers, units: units)
        let outcome = load.run()
        let seconds = (ContinuousClock.now - start).seconds
        let decisionsPerSecond = Double(outcome.decisions) / seconds
        let eventsPerSecond = Double(outcome.events) / seconds
        let peak = peakResidentBytes()
        guard json else {
            let makespan = NumberText.fixed(outcome.makespan.seconds, 0)
            let decisions = NumberText.rate(decisionsPerSecond)
            let events = NumberText.rate(eventsPerSecond)
            print("\(workers) workers, \(outcome.units) units, \(makespan) s of the farm")
            print("time: \(NumberText.rate(seconds)) s")
            print("decisions: \(outcome.decisions), \(decisions) a second")
            print("events: \(outcome.events), \(events) a second")
            print("workers busy: \(NumberText.fixed(100 * outcome.utilisation, 1)) %")
            print("peak memory: \(NumberText.bytes(peak))")
            return
        }
        let members: [String: JSONValue] = [
            "schema": .integer(1), "workers": .integer(workers), "units": .integer(outcome.units),
            "seconds": .number(seconds), "decisions": .integer(outcome.decisions),
            "decisions_per_second": .number(decisionsPerSecond),
            "events": .integer(outcome.events), "events_per_second": .number(eventsPerSecond),
            "ledger_entries": .integer(outcome.entries),
            "simulated_seconds": .number(outcome.makespan.seconds),
            "busy_share": .number(outcome.utilisation), "peak_resident_bytes": .integer(peak),
        ]
        print(JSONValue.object(members).serialized(isIndented: true))
    }
}
