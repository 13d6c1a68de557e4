/// Who owns what replayed work is made of: a network and its weights.
///
/// Copies of a network share it; when the last of them is gone, what was remembered of its work is
/// never done again.
package final class ReplayOwner: Sendable {
    package init() {}
}

/// Names work that is done again and again, on other values of the same shapes.
///
/// The name says everything that decides which operations are queued, beside the owner's weights
/// and the shapes of the inputs.
package struct ReplayKey: Sendable {
    package let owner: ReplayOwner
    package let name: String

    package init(_ owner: ReplayOwner, _ name: String) {
        self.owner = owner
        self.name = name
    }
}

/// A backend that does what `replayed` was asked for again without being asked for each operation.
package protocol ReplayingBackend: Backend {
    /// Whether it does. Off, every operation is queued anew; not a bit differs.
    var isReplaying: Bool { get set }
    /// How often work was done again.
    var replayCount: Int { get }
}
