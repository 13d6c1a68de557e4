import Models
import Pipelines
package import Tensors

/// Embeddings that the prior draws for texts: what a network will see of them when they are
/// rendered.
///
/// Pictures of a subject teach a network what the subject's own embeddings look like, and the prior
/// goes on drawing those of other things of its kind for "a mug". Seen beside the subject's
/// pictures, they come to mean the subject (as the class word does in Ruiz et al. 2022, arXiv
/// 2208.12242).
package struct PromptContent: Sendable {
    /// `[N, D]`.
    private let embeddings: HostTensor

    /// How many embeddings stand for one text: each is another thing of the kind.
    package static let drawsPerText = 32

    /// Draws the embeddings, all of them now.
    ///
    /// - Parameters:
    ///   - texts: At least one.
    ///   - draws: Embeddings of each text.
    ///   - start: A model with prior, text encoder and tokenizer; its seed decides the draws, and
    ///     the prior's guidance is what suits it.
    ///   - backend: Where the prior runs.
    /// - Throws: `TrainingError` if the model takes no prompts, and as `UnitRunner` does.
    package init(
        _ texts: [String],
        draws: Int = drawsPerText,
        _ start: StartingModel,
        on backend: any Backend
    ) throws {
        precondition(!texts.isEmpty && draws > 0, "\(draws) embeddings of \(texts.count) texts")
        let facts = try ModelFacts(start.folder)
        if let missing = facts.missing(forPrompt: true, forPicture: false) {
            throw TrainingError(.data("\(start.folder.path): \(missing)"))
        }
        var seeds = Draw(seed: start.seed, step: 0).stream("prompt")
        embeddings = try UnitRunner(backend).contents(
            texts.flatMap { text in (0..<draws).map { _ in PromptDraw(text, seed: seeds.next()) } },
            guidance: SamplingDefaults(start.folder).priorGuidance,
            model: start.folder.path
        )
    }

    /// One of the embeddings, `[D]`.
    package func draw(_ generator: inout KeyedGenerator) -> HostTensor {
        embeddings.slice(generator.integer(below: embeddings.shape[0]))
    }
}
