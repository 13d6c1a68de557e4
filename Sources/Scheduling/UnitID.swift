/// The name of a work unit within its job; the same plan gives the same names every time.
package struct UnitID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let kind: UnitKind
    /// Chunk or window, from 0.
    package let index: Int
    /// Fusion round of a sample unit, from 0; 0 for the other kinds.
    package let round: Int

    package init(_ kind: UnitKind, index: Int = 0, round: Int = 0) {
        precondition(index >= 0 && round >= 0, "\(kind) unit \(index) of round \(round)")
        precondition(round == 0 || kind == .sample, "a \(kind) unit has no rounds")
        self.kind = kind
        self.index = index
        self.round = round
    }

    /// In the order in which the plan lists them.
    package static func < (left: UnitID, right: UnitID) -> Bool {
        (left.kind.stage, left.round, left.index) < (right.kind.stage, right.round, right.index)
    }

    package var description: String {
        switch kind {
        case .content: "content"
        case .depth, .decode: "\(kind.rawValue)/\(index)"
        case .sample: "sample/\(index)/\(round)"
        }
    }
}
