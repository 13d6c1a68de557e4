/// The palette of objects.
package enum SceneColour: String, CaseIterable, Hashable, Sendable {
    case red
    case orange
    case yellow
    case green
    case turquoise
    case blue
    case purple
    case pink
    case brown
    case white
    case grey
    case black

    /// The word in captions.
    package var word: String { rawValue }

    /// The reflected share of linear red, green and blue light, before an object's own tint.
    package var albedo: Vector {
        switch self {
        case .red: Vector(0.62, 0.035, 0.03)
        case .orange: Vector(0.83, 0.22, 0.02)
        case .yellow: Vector(0.86, 0.62, 0.04)
        case .green: Vector(0.06, 0.42, 0.07)
        case .turquoise: Vector(0.03, 0.46, 0.45)
        case .blue: Vector(0.03, 0.12, 0.6)
        case .purple: Vector(0.24, 0.06, 0.48)
        case .pink: Vector(0.86, 0.26, 0.42)
        case .brown: Vector(0.14, 0.058, 0.022)
        case .white: Vector(0.84, 0.83, 0.8)
        case .grey: Vector(0.24, 0.245, 0.25)
        case .black: Vector(0.018, 0.018, 0.02)
        }
    }
}
