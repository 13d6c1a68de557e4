import Diffusion
import Models
import Tensors

/// A small unit of sampling on made-up inputs: what a device makes of it depends on the job and on
/// the device's class alone, so that two of them can be compared.
package struct Calibration: Hashable, Sendable {
    /// Of the latents.
    package let width: Int
    package let height: Int
    package let frames: Int
    /// From pure noise on.
    package let steps: Int
    /// Of the values that are returned, evenly from all.
    package let valuesMax: Int

    /// Two frames have all that a window has, attention and convolutions over time included.
    package static let framesMax = 2
    /// What is measured grows with the steps between two blends, and so does what it costs.
    package static let stepsMax = 4

    package init(width: Int, height: Int, frames: Int, steps: Int, valuesMax: Int) {
        precondition(
            min(width, height, frames, steps, valuesMax) > 0,
            "a calibration of \(frames) frames of \(width)x\(height) through \(steps) steps"
        )
        self.width = width
        self.height = height
        self.frames = frames
        self.steps = steps
        self.valuesMax = valuesMax
    }
}

extension UnitRunner {
    /// Samples frames of noise that are conditioned on noise.
    ///
    /// - Parameters:
    ///   - settings: The job's; a strength below 1 and how its noise hangs together do not count.
    ///   - calibration: How much.
    ///   - progress: As of `run`.
    /// - Returns: Some of the stepped latents, finite, at most `valuesMax`.
    /// - Throws: As `run`.
    package func calibration(
        _ settings: UnitSettings,
        _ calibration: Calibration,
        progress: @escaping Progress
    ) throws -> [Float] {
        do {
            let latents = try latents(settings, calibration) { report in
                do { try progress(report) } catch { throw StoppedByProgress(underlying: error) }
            }
            guard latents.allSatisfy(\.isFinite) else {
                throw UnitError(.unit, "the calibration has values that are not finite")
            }
            let stride = (latents.count + calibration.valuesMax - 1) / calibration.valuesMax
            return Swift.stride(from: 0, to: latents.count, by: stride).map { latents[$0] }
        } catch let stop as StoppedByProgress {
            throw stop.underlying
        } catch {
            throw UnitError(error)
        }
    }

    private func latents(
        _ settings: UnitSettings,
        _ calibration: Calibration,
        _ progress: @escaping Progress
    ) throws -> [Float] {
        let model = try loaded(settings)
        let network = try model.network(progress)
        let noise = NoiseSource(seed: settings.sampling.seed)
        let extent = NoiseExtent(
            channels: network.config.latentChannels,
            height: calibration.height,
            width: calibration.width
        )
        // Another stream than the latents start from: what conditions them must not equal them.
        let structure = noise.frames(
            0..<calibration.frames,
            extent,
            key: NoiseKey(.renoise),
            layout: .channelsLast
        )
        var shot = ShotInputs(structure: structure)
        if settings.hasContent {
            let width = network.config.contentChannels
            shot.content = HostTensor(
                noise.normals(width, frame: 0, key: NoiseKey(.prior)),
                Shape([1, width])
            )
        }
        var sampling = settings.sampling
        sampling.strength = 1
        sampling.noisePrior = .independent
        let sampler = try ShotSampler(
            network,
            on: backend,
            schedule: model.schedule(),
            settings: sampling,
            hasContent: settings.hasContent
        )
        let steps = sampler.steps.prefix(calibration.steps)
        return try sampler.sample(
            sampler.start(shot),
            window: 0..<calibration.frames,
            steps: steps,
            shot,
            willStep: { try progress(.running(done: $0)) }
        ).values
    }
}
