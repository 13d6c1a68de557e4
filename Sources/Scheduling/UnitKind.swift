/// The four kinds of work a job is made of.
package enum UnitKind: String, CaseIterable, Hashable, Sendable {
    /// Text or image to the embedding that guides the look.
    case content
    /// A chunk of frames to their relative inverse depth.
    case depth
    /// A window's latents through a range of steps.
    case sample
    /// A chunk of latent frames to pictures.
    case decode

    /// Position in the flow of a job.
    package var stage: Int {
        switch self {
        case .content: 0
        case .depth: 1
        case .sample: 2
        case .decode: 3
        }
    }
}
