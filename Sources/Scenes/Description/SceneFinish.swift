/// What an object is made of.
package enum SceneFinish: String, CaseIterable, Hashable, Sendable {
    case plastic
    case metal
    case stone
    case wood
    case clay
    case wool

    /// The word in captions.
    package var word: String {
        switch self {
        case .plastic: "plastic"
        case .metal: "metal"
        case .stone: "stone"
        case .wood: "wooden"
        case .clay: "clay"
        case .wool: "woollen"
        }
    }
}
