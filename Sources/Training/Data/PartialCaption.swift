package import Tensors

/// Captions of which words are left out now and then.
///
/// People ask for "a mug on snow", and captions that a program makes name a colour, a material and
/// the light each time: a prior that has seen nothing else makes something that is like no picture
/// of a text that leaves one out. What is not said is then drawn from what pictures have.
package struct PartialCaption: Hashable, Sendable {
    /// Share of captions that are shortened.
    package let share: Double
    /// The largest share of a caption's words that is left out, in the mean.
    package static let largestLoss = 0.7

    package init(share: Double) {
        precondition((0...1).contains(share), "a share of \(share)")
        self.share = share
    }

    /// - Parameters:
    ///   - caption: Words with spaces between them.
    ///   - generator: Of this example alone.
    /// - Returns: The caption, or what is left of it: each word stays or goes by itself, under a
    ///   probability drawn evenly for the caption.
    package func callAsFunction(
        _ caption: String,
        _ generator: inout KeyedGenerator
    ) -> String {
        guard generator.bool(probability: share) else { return caption }
        let loss = generator.uniform(0...Self.largestLoss)
        return caption.split(separator: " ")
            .filter { _ in !generator.bool(probability: loss) }
            .joined(separator: " ")
    }
}
