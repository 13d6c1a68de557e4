import ArgumentParser
import Glibc

/// `weft benchmark`: what this machine and this program are capable of.
struct BenchmarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure operations and networks, the scheduler, a local farm, or scenes.",
        subcommands: [
            OperationsBenchmark.self, SchedulerBenchmark.self, FarmBenchmark.self,
            ScenesBenchmark.self,
        ],
        defaultSubcommand: OperationsBenchmark.self
    )
}

/// The largest resident memory this process has had, or the largest of its ended children.
func peakResidentBytes(ofChildren: Bool = false) -> Int {
    var usage = rusage()
    let who = ofChildren ? RUSAGE_CHILDREN.rawValue : RUSAGE_SELF.rawValue
    unsafe getrusage(__rusage_who_t(who), &usage)
    return usage.ru_maxrss * 1024
}
