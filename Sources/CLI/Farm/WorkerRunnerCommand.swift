import ArgumentParser
import Tensors
import Worker

/// `weft worker-runner`: the process in which a worker computes; started by `weft worker` only.
struct WorkerRunnerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker-runner",
        abstract: "Compute units for a worker; started by 'weft worker'.",
        shouldDisplay: false
    )

    @Option(help: "'model', or 'stub:Nms' to wait N milliseconds a step instead of computing.")
    var sampler = "model"

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        guard sampler == "model" || StubComputer(sampler) != nil else {
            throw ValidationError("--sampler: expected model or stub:Nms, found '\(sampler)'")
        }
    }

    func run() throws {
        if let stub = StubComputer(sampler) {
            RunnerLoop().run(stub)
        } else {
            let device = try compute.makeDevice()
            RunnerLoop().run(ModelComputer(device.backend, deviceClass: device.deviceClass))
        }
    }
}
