import Pipelines
import Scheduling
package import Tensors
import WireProtocol

/// Computes units with the networks of the job's model.
package final class ModelComputer: UnitComputer {
    package let deviceClass: String
    private let backend: any Backend
    private let runner: UnitRunner
    /// Models that are what their jobs say, by folder.
    private var fingerprints: [String: [UInt8]] = [:]
    private var calibrated: (job: JobSpecification, values: [Float])?

    /// Computes on a device.
    ///
    /// - Parameters:
    ///   - backend: The device.
    ///   - deviceClass: Names devices that give the same bits.
    package init(_ backend: any Backend, deviceClass: String) {
        self.backend = backend
        self.deviceClass = deviceClass
        runner = UnitRunner(backend)
    }

    package convenience init(_ configuration: CPUConfiguration) {
        self.init(CPUBackend(configuration), deviceClass: configuration.deviceClass)
    }

    package var isUsable: Bool {
        do throws(BackendError) {
            try backend.synchronize()
            return true
        } catch {
            return false
        }
    }

    package func compute(_ order: RunnerOrder, progress: @escaping RunnerProgress) throws {
        do {
            try checkModel(order.job, progress)
            let result = try runner.run(request(order), settings(order)) { report in
                switch report {
                case .loading: try progress(.loading, 0)
                case .running(let done): try progress(.running, done)
                }
            }
            switch result {
            case .tensor(let tensor): try order.write(tensor)
            case .pictures(let pictures): try order.write(pictures)
            }
        } catch let error as UnitError {
            throw UnitComputerError(FailureClass(error.blame), error.description)
        } catch let error as FileError {
            throw UnitComputerError(.resource, error.description)
        } catch let error as SafetensorsError {
            throw UnitComputerError(.infrastructure, error.description)
        }
    }

    package func calibration(
        of order: RunnerOrder,
        progress: @escaping RunnerProgress
    ) throws -> [Float]? {
        let job = order.job
        // Several units of a job may ask before the first answer is heard.
        if let calibrated, calibrated.job == job { return calibrated.values }
        do {
            try checkModel(job, progress)
            let values = try runner.calibration(
                settings(order),
                Calibration(
                    width: Int(job.width / job.latentScale),
                    height: Int(job.height / job.latentScale),
                    frames: min(Int(job.window), Calibration.framesMax),
                    steps: job.fuseEvery == 0
                        ? Calibration.stepsMax : min(Int(job.fuseEvery), Calibration.stepsMax),
                    valuesMax: WireLimits.calibrationValues
                )
            ) { _ in
                // Part of getting ready: none of the unit's own steps is done or timed.
                try progress(.loading, 0)
            }
            calibrated = (job, values)
            return values
        } catch let error as UnitError {
            throw UnitComputerError(FailureClass(error.blame), error.description)
        }
    }

    /// Another checkpoint under the same name must not compute part of a job.
    private func checkModel(_ job: JobSpecification, _ progress: RunnerProgress) throws {
        if fingerprints[job.model] == nil {
            try progress(.loading, 0)
            fingerprints[job.model] = try ModelFingerprint.of(job.model) { Checksum.of($0) }
        }
        guard fingerprints[job.model] == job.modelFingerprint else {
            // Read again next time: somebody may put the right one there.
            fingerprints[job.model] = nil
            throw UnitComputerError(
                .resource,
                "\(job.model): not the model that the job was submitted with"
            )
        }
    }

    private func request(_ order: RunnerOrder) throws -> UnitRequest {
        let unit = order.lease.unit
        switch unit.unit.kind {
        case .content: return .content(picture: try order.picturesIfPresent("image"))
        case .depth: return .depth(try order.pictures("frames"))
        case .decode: return .decode(try order.tensor("latents"))
        case .sample:
            let range = order.depthRange
            guard range.least <= range.largest else {
                throw UnitComputerError(.infrastructure, "depth: from \(range.least) down")
            }
            var inputs = SampleInputs(
                depth: try order.tensor("depth"),
                depthRange: Pipelines.DepthRange(least: range.least, largest: range.largest)
            )
            inputs.content = try order.tensorIfPresent("content")
            inputs.frames = try order.picturesIfPresent("frames")
            inputs.mask = try order.tensorIfPresent("mask")
            inputs.latents = try order.tensorIfPresent("latents")
            let frames = UnitFrames(
                // Numbers of jobs come again if a coordinator lost its ledger; specifications do
                // not, within this process.
                job: "\(unit.job) \(order.job.hashValue)",
                shot: unit.shot,
                frames: order.order.frames,
                firstFrame: order.order.firstFrame
            )
            return .sample(inputs, frames, steps: order.order.steps)
        }
    }

    private func settings(_ order: RunnerOrder) throws -> UnitSettings {
        let job = order.job
        var sampling = SampleSettings(structureLevel: try StructureLevel(Int(job.structureLevel)))
        sampling.steps = Int(job.steps)
        sampling.guidance = job.guidance
        sampling.temporalGuidance = job.temporalGuidance
        sampling.strength = job.strength
        sampling.eta = job.eta
        sampling.seed = job.seed
        sampling.noisePrior = NoiseKind(job.noise).prior(
            length: Int(job.window),
            overlap: Int(job.overlap)
        )
        var settings = UnitSettings(model: job.model, sampling: sampling)
        settings.variant = job.variant
        settings.prompt = job.prompt
        settings.negativePrompt = job.negativePrompt
        settings.hasImage = job.image != nil
        settings.priorSteps = Int(job.priorSteps)
        settings.priorGuidance = job.priorGuidance
        return settings
    }
}

extension NoiseKind {
    fileprivate init(_ noise: JobSpecification.Noise) {
        switch noise {
        case .independent: self = .independent
        case .shuffled: self = .shuffled
        case .lock: self = .lock
        }
    }
}

extension FailureClass {
    fileprivate init(_ blame: UnitError.Blame) {
        switch blame {
        case .unit: self = .unit
        case .worker: self = .worker
        case .resource: self = .resource
        case .specification: self = .specification
        }
    }
}
