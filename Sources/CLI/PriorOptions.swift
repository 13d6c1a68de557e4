import ArgumentParser
import Pipelines

/// How the prior draws what a prompt stands for.
struct PriorOptions: ParsableArguments {
    @Option(
        help: """
            How much the prompt counts as the prior draws a look for it, 1 is none; \
            \(SamplingDefaults().priorGuidance), unless given or the model says.
            """
    )
    var priorGuidance: Double?

    func validate() throws {
        guard let priorGuidance, !SamplingDefaults.priorGuidances.contains(priorGuidance) else {
            return
        }
        throw ValidationError("--prior-guidance: expected -1000 to 1000, found \(priorGuidance)")
    }

    /// Refuses the option where the prior is not asked.
    ///
    /// - Parameter choice: What was given that asks for something else.
    /// - Throws: `ValidationError`.
    func refuse(_ choice: String) throws {
        guard priorGuidance != nil else { return }
        throw ValidationError("--prior-guidance: the prior draws for a prompt, found \(choice)")
    }
}
