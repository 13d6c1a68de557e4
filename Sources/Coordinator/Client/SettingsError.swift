/// A job's settings that make no run.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// A value somebody chose is wrong.
        case usage
        /// The input or the model is not fit for what was chosen.
        case badInput
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
