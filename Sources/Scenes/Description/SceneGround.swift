/// What objects stand on.
package enum SceneGround: String, CaseIterable, Hashable, Sendable {
    case wood
    case snow
    case grass
    case sand
    case tiles
    case cloth
    case gravel
    case concrete

    /// The words in captions.
    package var words: String {
        switch self {
        case .wood: "a wooden table"
        case .snow: "snow"
        case .grass: "grass"
        case .sand: "sand"
        case .tiles: "tiles"
        case .cloth: "a tablecloth"
        case .gravel: "gravel"
        case .concrete: "concrete"
        }
    }

    /// Whether there is a wall behind it rather than the sky.
    package var isIndoors: Bool {
        switch self {
        case .wood, .tiles, .cloth, .concrete: true
        case .snow, .grass, .sand, .gravel: false
        }
    }
}
