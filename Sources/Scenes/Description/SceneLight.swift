/// The light of a scene.
package enum SceneLight: String, CaseIterable, Hashable, Sendable {
    case morning
    case daylight
    case evening
    case overcast
    case studio
    case lamp

    /// The words in captions.
    package var words: String {
        switch self {
        case .morning: "morning light"
        case .daylight: "daylight"
        case .evening: "evening light"
        case .overcast: "overcast light"
        case .studio: "studio light"
        case .lamp: "lamplight"
        }
    }
}
