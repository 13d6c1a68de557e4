// The standard library keeps its composition to itself; Foundation's is the same algorithm.
import Foundation

/// What the pattern that splits text into pieces tells apart.
enum ScalarClass {
    case space
    case letter
    case number
    case other
}

extension Unicode.Scalar {
    /// The class, by this library's Unicode version; tables differ between versions only for
    /// characters that the older one does not know.
    var scalarClass: ScalarClass {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            .letter
        case .decimalNumber, .letterNumber, .otherNumber:
            .number
        default:
            properties.isWhitespace ? .space : .other
        }
    }
}

/// Composes (NFC) and lowers the case of each character by itself, without regard to context.
func normalizedForTokens(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var string = String.UnicodeScalarView()
    string.append(contentsOf: text)
    // Decomposed first: composing alone leaves some sequences as they are, a Hangul syllable before
    // a final consonant among them.
    let composed = String(string).decomposedStringWithCanonicalMapping
        .precomposedStringWithCanonicalMapping
    return composed.unicodeScalars.flatMap { scalar in
        scalar.isASCII
            ? [
                scalar.value >= 65 && scalar.value <= 90
                    ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar
            ]
            : Array(scalar.properties.lowercaseMapping.unicodeScalars)
    }
}
