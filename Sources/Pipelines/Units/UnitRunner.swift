import Diffusion
import Models
package import Tensors

/// Runs units of work on one device, keeping the models that were last used.
///
/// What it returns is a function of the request alone: neither what it ran before nor what it has
/// kept changes a bit.
package final class UnitRunner {
    /// What a unit is doing; asked often, and may throw to stop it.
    package typealias Progress = (UnitPhaseReport) throws -> Void

    /// Where a unit is.
    package enum UnitPhaseReport: Hashable, Sendable {
        /// A network is being read.
        case loading
        /// So many steps, or frames, are done.
        case running(done: Int)
    }

    let backend: any Backend
    private var model: LoadedModel?
    private var conditioning: ConditioningCache

    /// - Parameters:
    ///   - backend: The device.
    ///   - conditioningBytesMax: Encoded frames that are kept.
    package init(_ backend: any Backend, conditioningBytesMax: Int = 256 << 20) {
        self.backend = backend
        conditioning = ConditioningCache(bytesMax: conditioningBytesMax)
    }

    /// Runs one unit.
    ///
    /// - Parameters:
    ///   - request: The unit and its inputs.
    ///   - settings: Its job.
    ///   - progress: Told of each step or frame, before it is done; throws to stop.
    /// - Returns: The result, whose values are finite.
    /// - Throws: `UnitError`, or what `progress` throws.
    package func run(
        _ request: UnitRequest,
        _ settings: UnitSettings,
        progress: @escaping Progress
    ) throws -> UnitResult {
        try judged {
            let result = try result(request, settings, progress)
            if case .tensor(let tensor) = result { try Self.checkFinite(tensor) }
            return result
        }
    }

    /// Work whose errors say who is to blame.
    func judged<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let stop as StoppedByProgress {
            throw stop.underlying
        } catch {
            throw UnitError(error)
        }
    }

    static func checkFinite(_ tensor: HostTensor) throws(UnitError) {
        guard tensor.values.allSatisfy(\.isFinite) else {
            throw UnitError(.unit, "the result has values that are not finite")
        }
    }

    private func result(
        _ request: UnitRequest,
        _ settings: UnitSettings,
        _ progress: @escaping Progress
    ) throws -> UnitResult {
        let told: Progress = { report in
            do { try progress(report) } catch { throw StoppedByProgress(underlying: error) }
        }
        let model = try loaded(settings)
        switch request {
        case .content(let picture):
            return .tensor(try content(picture, settings, model, told))
        case .depth(let pictures):
            return .tensor(try depth(pictures, model, told))
        case .sample(let inputs, let frames, let steps):
            return .tensor(try sample(inputs, frames, steps: steps, settings, model, told))
        case .decode(let latents):
            return .pictures(try decode(latents, model, told))
        }
    }

    func loaded(_ settings: UnitSettings) throws -> LoadedModel {
        if let model, model.path == settings.model, model.variant == settings.variant {
            return model
        }
        // Two models at once may not fit.
        model = nil
        let fresh = LoadedModel(
            try Gen1Model(
                CheckpointFolder.open(settings.model),
                on: backend,
                variant: settings.variant
            ),
            path: settings.model,
            variant: settings.variant
        )
        model = fresh
        return fresh
    }

    private func depth(
        _ pictures: Pictures,
        _ model: LoadedModel,
        _ progress: Progress
    ) throws -> HostTensor {
        let estimator = try model.depthEstimator(progress)
        let maps = DepthMaps(
            estimator,
            try model.depthPreprocessor(estimator.config),
            on: backend
        )
        return try maps(pictures) { try progress(.running(done: $0)) }
    }

    private func decode(
        _ latents: HostTensor,
        _ model: LoadedModel,
        _ progress: Progress
    ) throws -> Pictures {
        let decoder = LatentDecoder(try model.autoencoder(progress), on: backend)
        var bytes: [UInt8] = []
        var size = (height: 0, width: 0)
        for frame in 0..<latents.shape[0] {
            try progress(.running(done: frame))
            let tensor = try decoder.frames(of: latents.outer(frame..<frame + 1))
            guard tensor.values.allSatisfy(\.isFinite) else {
                throw UnitError(.unit, "decoded frame \(frame) has values that are not finite")
            }
            let picture = Pictures(tensor)
            bytes += picture.bytes
            size = (picture.height, picture.width)
        }
        return Pictures(
            count: latents.shape[0],
            height: size.height,
            width: size.width,
            bytes: bytes
        )
    }

    private func sample(
        _ inputs: SampleInputs,
        _ unit: UnitFrames,
        steps: Range<Int>,
        _ settings: UnitSettings,
        _ model: LoadedModel,
        _ progress: @escaping Progress
    ) throws -> HostTensor {
        let frames = unit.frames
        var shot = ShotInputs(
            structure: try encoded(.structure, unit, model, progress) { encoder, index in
                try encoder.structure(
                    ofDepth: inputs.depth.outer(index..<index + 1),
                    range: inputs.depthRange,
                    level: settings.sampling.structureLevel
                )
            }
        )
        if let pictures = inputs.frames {
            shot.source = try encoded(.source, unit, model, progress) { encoder, index in
                let picture = Pictures(
                    count: 1,
                    height: pictures.height,
                    width: pictures.width,
                    bytes: pictures.image(index).pixels
                )
                return try encoder.latents(of: picture.tensor)
            }
        }
        shot.content = inputs.content
        shot.mask = inputs.mask
        shot.firstFrame = unit.firstFrame + frames.lowerBound
        let network = try model.network(progress)
        let sampler = try ShotSampler(
            network,
            on: backend,
            schedule: model.schedule(),
            settings: settings.sampling,
            hasContent: inputs.content != nil
        )
        guard steps.lowerBound >= sampler.steps.lowerBound,
            steps.upperBound <= sampler.steps.upperBound
        else {
            throw UnitError(.specification, "steps \(steps): the job has \(sampler.steps)")
        }
        guard inputs.latents != nil || steps.lowerBound == sampler.steps.lowerBound else {
            throw UnitError(.specification, "latents: missing; steps \(steps) continue from them")
        }
        return try sampler.sample(
            try inputs.latents ?? sampler.start(shot),
            window: 0..<frames.count,
            steps: steps,
            shot,
            willStep: { try progress(.running(done: $0 - steps.lowerBound)) }
        )
    }

    /// Latents of the unit's frames, `[n, h, w, C]`, each encoded once and then kept.
    private func encoded(
        _ kind: ConditioningCache.Kind,
        _ unit: UnitFrames,
        _ model: LoadedModel,
        _ progress: Progress,
        encode: (LatentEncoder, Int) throws -> HostTensor
    ) throws -> HostTensor {
        var values: [Float] = []
        var shape = Shape([0])
        for (index, frame) in unit.frames.enumerated() {
            let key = ConditioningCache.Key(
                job: unit.job,
                shot: unit.shot,
                frame: frame,
                kind: kind
            )
            var latent = conditioning.latent(key)
            if latent == nil {
                try progress(.running(done: 0))
                let encoder = LatentEncoder(try model.autoencoder(progress), on: backend)
                let fresh = try encode(encoder, index)
                conditioning.insert(fresh, for: key)
                latent = fresh
            }
            guard let latent else { continue }
            values += latent.values
            shape = latent.shape
        }
        return HostTensor(values, Shape([unit.frames.count] + shape.dimensions.dropFirst()))
    }
}

/// Carries what the progress closure threw past the classing of errors.
struct StoppedByProgress: Error {
    let underlying: any Error
}
