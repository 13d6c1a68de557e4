import Synchronization
import Tensors

/// Tensors that several evaluations of a network have in common, kept by the first that makes them.
///
/// Sharing changes no bit: a value is what the evaluation itself would have made.
final class TensorMemo: Sendable {
    enum Place: Hashable, Sendable {
        /// `conv_in` of a step's latents.
        case input
        /// The first convolution of the first residual block, before anything along time.
        case firstConvolution
        /// The first residual block, with or without its temporal convolutions.
        case firstBlock(isVideo: Bool)
        /// The first self-attention, before anything of the content.
        case firstAttention(isVideo: Bool)
        /// What a cross-attention adds for a content of one token.
        case content(ObjectIdentifier)
    }

    private let values = Mutex<[Place: Tensor]>([:])

    subscript(place: Place) -> Tensor? {
        get { values.withLock { $0[place] } }
        set { values.withLock { $0[place] = newValue } }
    }
}
