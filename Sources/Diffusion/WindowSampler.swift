package import Tensors

/// Takes the latents of one window through a range of steps.
///
/// A pure function of its arguments: the same window, steps and noise key give the same latents
/// whoever runs it and however often. It knows the denoiser as a function only.
package struct WindowSampler: Sendable {
    /// Evaluates the denoiser on latents `[F, H, W, C]` at a timestep, in each of some of
    /// guidance's branches; gives as many of the same shape.
    package typealias Denoiser = ([GuidanceBranch], Tensor, Float) throws -> [Tensor]

    package let sampler: DDIMSampler
    package let guidance: GuidancePlan
    /// η; 0 for the deterministic sampler.
    package let eta: Double
    package let noise: NoiseSource

    package init(
        _ sampler: DDIMSampler,
        guidance: GuidancePlan,
        eta: Double = 0,
        noise: NoiseSource
    ) {
        precondition(eta >= 0 && eta <= 1, "eta \(eta), expected 0 to 1")
        self.sampler = sampler
        self.guidance = guidance
        self.eta = eta
        self.noise = noise
    }

    /// Runs steps `steps`.
    ///
    /// - Parameters:
    ///   - latents: `[F, H, W, C]`, at the noise level of the first of `steps`.
    ///   - frames: The absolute frames they are, which key the step noise.
    ///   - steps: Positions in the sampler's timesteps.
    ///   - edit: Keeps the source under a mask; nil for none.
    ///   - willStep: Called before each step with its position; throws to stop.
    ///   - denoise: The network.
    /// - Returns: `[F, H, W, C]`, at the noise level the last of `steps` leads to.
    /// - Throws: What `denoise` and `willStep` throw, `DivergenceError`, or `BackendError`.
    package func run(
        _ latents: Tensor,
        frames: Range<Int>,
        steps: Range<Int>,
        edit: MaskedEdit? = nil,
        willStep: (Int) throws -> Void = { _ in },
        denoise: Denoiser
    ) throws -> Tensor {
        let shape = latents.shape
        precondition(
            shape.rank == 4 && shape[0] == frames.count,
            "latents \(shape) of frames \(frames)"
        )
        precondition(
            steps.lowerBound >= 0 && steps.upperBound <= sampler.stepCount,
            "steps \(steps) of \(sampler.stepCount)"
        )
        let extent = NoiseExtent(channels: shape[3], height: shape[1], width: shape[2])
        var x = latents
        for index in steps {
            try willStep(index)
            let step = sampler.step(index, eta: eta)
            let branches = guidance.terms.map(\.branch)
            let outputs = try denoise(branches, x, Float(step.timestep))
            var fresh: Tensor?
            if step.freshNoise != 0 {
                let field = noise.frames(frames, extent, key: NoiseKey(.samplerStep, step: index))
                fresh = x.backend.upload(field)
            }
            x = try step.advance(x, output: guidance.combine(outputs), noise: fresh)
            if let edit { x = try edit.reinsert(into: x, after: index, of: sampler) }
            // Latents are small beside a step's work; without this the later steps would be wasted.
            guard try x.download().values.allSatisfy(\.isFinite) else {
                throw DivergenceError(
                    step: index,
                    stepCount: sampler.stepCount,
                    timestep: step.timestep
                )
            }
        }
        return x
    }
}
