/// The four kinds of work a job is made of.
package enum UnitKind: String, CaseIterable, Hashable, Sendable {
    case content
    case depth
    case sample
    case decode
}
