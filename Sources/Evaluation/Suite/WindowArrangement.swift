package import Diffusion
package import Pipelines
package import Tensors

/// How a clip is cut into windows, what they start from, and when they are blended.
package struct WindowArrangement: Hashable, Sendable {
    /// What windows that share frames have of each other's noise.
    package enum Noise: String, CaseIterable, Hashable, Sendable {
        /// A frame's noise is the same in all windows, and its own.
        case independent
        /// The same, and that of other frames again, in another order.
        case shuffled
        /// The same, and all windows have the same mean.
        case lock
        /// Each window has its own: nothing is shared. No farm does so.
        case unshared
    }

    /// Frames of a window.
    package var length = 16
    package var interval = FusionInterval.every(1)
    package var until = 0.6
    /// Frames that neighbours share at least; half a window unless given.
    package var overlap: Int?
    package var taper = WindowTaper.hann
    package var noise = Noise.shuffled

    package init() {}

    /// What rendering makes of a choice.
    ///
    /// - Parameters:
    ///   - choice: What was asked for, and what suits the model.
    ///   - framesMax: Frames for which the model has positions.
    /// - Throws: `StitchError` for windows that the model does not take.
    package init(_ choice: SamplingDefaults, framesMax: Int) throws(StitchError) {
        length = try choice.windowLength(framesMax: framesMax)
        interval = choice.fusion
        until = choice.fuseUntil
        overlap = choice.overlap
        taper = choice.taper
        noise =
            switch choice.noise {
            case .independent: .independent
            case .shuffled: .shuffled
            case .lock: .lock
            }
    }

    /// The same windows, each sampled from noise of its own and blended when all is done.
    package var uncoupled: WindowArrangement {
        var apart = self
        apart.interval = .never
        apart.noise = .unshared
        return apart
    }

    /// Frames that neighbours share at least.
    package var shared: Int { overlap ?? length / 2 }

    /// The windows of a clip.
    ///
    /// - Throws: `StitchError` if the overlap or the noise does not fit.
    package func plan(frames: Int) throws(StitchError) -> WindowPlan {
        let plan = try WindowPlan(frameCount: frames, length: length, overlap: shared)
        guard prior(plan).isValid else {
            throw StitchError(.settings, "noise lock: expected windows of at least 2 frames")
        }
        return plan
    }

    /// The prior of the noise that windows share.
    func prior(_ plan: WindowPlan) -> NoisePrior {
        let kind: NoiseKind =
            switch noise {
            case .independent, .unshared: .independent
            case .shuffled: .shuffled
            case .lock: .lock
            }
        return kind.prior(length: plan.length, overlap: plan.overlap)
    }

    /// What each window starts from where nothing is shared.
    ///
    /// - Parameters:
    ///   - plan: The windows.
    ///   - seed: Of the clip's noise.
    ///   - extent: Of a frame.
    /// - Returns: `[L, h, w, C]` each; nil where windows share a frame's noise.
    package func starts(_ plan: WindowPlan, seed: UInt64, _ extent: NoiseExtent) -> [HostTensor]? {
        guard noise == .unshared else { return nil }
        return plan.windows.enumerated().map { index, frames in
            // The first window's is that of shared noise; the others' keys are far from any seed
            // that a scene has.
            let key = seed ^ UInt64(index) &* 0x9E37_79B9_7F4A_7C15
            return NoiseSource(seed: key).initialNoise(frames, extent, prior: .independent)
        }
    }

    /// For a row of a table.
    package var name: String {
        let blending =
            switch interval {
            case .every(let count):
                "K \(count)" + (until == 0.6 ? "" : " until \(SuiteReport.decimal(until, 2))")
            case .never: "at the end"
            }
        let parts = [
            blending, overlap.map { "overlap \($0)" }, taper.rawValue, "\(noise.rawValue) noise",
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}
