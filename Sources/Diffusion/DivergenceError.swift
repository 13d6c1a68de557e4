/// Latents that a step made infinite or undefined.
///
/// Settings and inputs are checked before the first step, so what is left are weights that are
/// damaged or overflow, and guidance scales no network can follow.
package struct DivergenceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Position of the step, 0 being the noisiest.
    package let step: Int
    package let stepCount: Int
    package let timestep: Int

    package init(step: Int, stepCount: Int, timestep: Int) {
        self.step = step
        self.stepCount = stepCount
        self.timestep = timestep
    }

    package var description: String {
        "step \(step) of \(stepCount) (timestep \(timestep)): expected finite latents, found "
            + "infinite or undefined ones; the model's weights or the guidance scales are at fault"
    }
}
