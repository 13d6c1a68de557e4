package import Diffusion
package import Tensors

/// What a person chooses about sampling a shot.
package struct SampleSettings: Hashable, Sendable {
    package var steps = 50
    /// ω.
    package var guidance = 7.5
    /// ω_t.
    package var temporalGuidance = 1.0
    /// t_s.
    package var structureLevel: StructureLevel
    /// Share of the steps that a noised source is taken through; 1 starts from pure noise.
    package var strength = 1.0
    package var eta = 0.0
    package var seed: UInt64 = 0
    package var noisePrior = NoisePrior.independent

    package init(structureLevel: StructureLevel) {
        self.structureLevel = structureLevel
    }

    /// The sampler and those of its steps that these settings run: all, or those below the source's
    /// noise level.
    ///
    /// - Throws: `SamplerError` for settings that make no run.
    package func plan(
        _ schedule: SchedulerConfig
    ) throws(SamplerError) -> (sampler: DDIMSampler, steps: Range<Int>) {
        for (name, value) in [
            ("guidance", guidance), ("temporal guidance", temporalGuidance),
        ] where !value.isFinite {
            throw SamplerError("\(name): expected a number, found \(value)")
        }
        guard (0...1).contains(eta) else {
            throw SamplerError("eta: expected 0 to 1, found \(eta)")
        }
        let sampler = try DDIMSampler(schedule, steps: steps)
        return (sampler, try sampler.firstStep(strength: strength)..<sampler.stepCount)
    }
}

/// The latents of a whole shot that condition and start its sampling, channels last.
package struct ShotInputs: Sendable {
    /// Encoded depth, `[F, h, w, C]`.
    package var structure: HostTensor
    /// CLIP image embedding, `[1, D]`; nil samples without content.
    package var content: HostTensor?
    /// Clean latents of the source, `[F, h, w, C]`.
    package var source: HostTensor?
    /// `[F, h, w, 1]`, 1 where the source is kept.
    package var mask: HostTensor?
    /// Number of the shot's first frame in its video, which keys the noise.
    package var firstFrame = 0

    package init(structure: HostTensor) {
        self.structure = structure
    }

    package var frameCount: Int { structure.shape[0] }
}

/// What sampling went through, for reports.
package struct FusionReport: Sendable {
    package let steps: Range<Int>
    package let mismatches: [OverlapMismatch]

    /// The largest D / (2σ²); 0 without overlaps.
    package var largestRatio: Double { mismatches.map(\.ratio).max() ?? 0 }
}

/// How the noise of a job's frames hangs together, as a person chooses it.
package enum NoiseKind: String, CaseIterable, Hashable, Sendable {
    case independent
    case shuffled
    case lock

    /// The prior for windows of `length` frames that share `overlap`, as asked for: windows of
    /// shorter shots have the same.
    package func prior(length: Int, overlap: Int) -> NoisePrior {
        switch self {
        case .independent: return .independent
        case .shuffled:
            // Groups of four as in the paper, or the next smaller count that divides a window.
            let group = [4, 3, 2, 1].first { length % $0 == 0 } ?? 1
            return .shuffled(window: length, group: group)
        case .lock:
            return .blockMeanLock(
                window: length,
                // A stride of one frame has no block to lock; its pairs are locked.
                block: max(2, length - overlap)
            )
        }
    }
}
