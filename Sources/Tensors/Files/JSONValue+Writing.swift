extension JSONValue {
    /// The document as text: keys sorted by their UTF-8 bytes, so that equal values give equal
    /// text.
    ///
    /// - Parameter isIndented: One member or element a line, two spaces a level, as configs are
    ///   kept; otherwise everything is on one line without spaces.
    /// - Returns: The text, without a line end.
    /// - Precondition: Every number is finite.
    package func serialized(isIndented: Bool = false) -> String {
        var text = ""
        write(into: &text, lineBreak: isIndented ? "\n" : nil)
        return text
    }

    /// Appends the value; `lineBreak` is what starts a line at this value's level.
    private func write(into text: inout String, lineBreak: String?) {
        switch self {
        case .null: text += "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .integer(let integer): text += "\(integer)"
        case .number(let number):
            precondition(number.isFinite, "JSON has no \(number)")
            text += "\(number)"
        case .string(let string): Self.write(string, into: &text)
        case .array(let elements):
            Self.write(elements, "[", "]", into: &text, lineBreak) { element, text, inner in
                element.write(into: &text, lineBreak: inner)
            }
        case .object(let members):
            let sorted = members.sorted {
                $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
            }
            Self.write(sorted, "{", "}", into: &text, lineBreak) { member, text, inner in
                Self.write(member.key, into: &text)
                text += inner == nil ? ":" : ": "
                member.value.write(into: &text, lineBreak: inner)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element],
        _ open: String,
        _ close: String,
        into text: inout String,
        _ lineBreak: String?,
        _ writeElement: (Element, inout String, String?) -> Void
    ) {
        text += open
        let inner = lineBreak.map { $0 + "  " }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            text += inner ?? ""
            writeElement(element, &text, inner)
        }
        if !elements.isEmpty { text += lineBreak ?? "" }
        text += close
    }

    private static func write(_ string: String, into text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
