import Scheduling
import Tensors
import WireProtocol

/// Reads the members of a JSON object, each of a type; names the member that is not as expected.
struct JSONFields {
    private let members: [String: JSONValue]
    private let subject: String

    init(_ value: JSONValue?, of subject: String) throws(RunnerMessageError) {
        guard case .object(let members)? = value else {
            throw RunnerMessageError("\(subject): expected an object")
        }
        self.members = members
        self.subject = subject
    }

    subscript(_ name: String) -> JSONValue? {
        members[name] == .null ? nil : members[name]
    }

    func fields(_ name: String) throws(RunnerMessageError) -> JSONFields {
        try JSONFields(self[name], of: "\(subject).\(name)")
    }

    func string(_ name: String) throws(RunnerMessageError) -> String {
        guard case .string(let text)? = self[name] else { throw expected(name, "a string") }
        return text
    }

    func optionalString(_ name: String) throws(RunnerMessageError) -> String? {
        self[name] == nil ? nil : try string(name)
    }

    func bool(_ name: String) throws(RunnerMessageError) -> Bool {
        guard case .bool(let value)? = self[name] else { throw expected(name, "true or false") }
        return value
    }

    func integer<Value: FixedWidthInteger>(
        _ name: String,
        as type: Value.Type = Value.self
    ) throws(RunnerMessageError) -> Value {
        guard case .integer(let number)? = self[name], let value = Value(exactly: number) else {
            throw expected(name, "a whole number that fits")
        }
        return value
    }

    func number(_ name: String) throws(RunnerMessageError) -> Double {
        switch self[name] {
        case .integer(let number)?: return Double(number)
        case .number(let number)?: return number
        default: throw expected(name, "a number")
        }
    }

    /// A number beyond 2⁶³, which JSON's readers do not keep exactly, travels as text.
    func largeInteger(_ name: String) throws(RunnerMessageError) -> UInt64 {
        guard case .string(let text)? = self[name], let value = UInt64(text) else {
            throw expected(name, "a whole number in quotes")
        }
        return value
    }

    func array(_ name: String) throws(RunnerMessageError) -> [JSONValue] {
        guard case .array(let elements)? = self[name] else { throw expected(name, "a list") }
        return elements
    }

    /// `[a, b]` with 0 ≤ a ≤ b.
    func range(_ name: String) throws(RunnerMessageError) -> Range<Int> {
        let elements = try array(name)
        guard elements.count == 2, case .integer(let start) = elements[0],
            case .integer(let end) = elements[1], start >= 0, start <= end
        else { throw expected(name, "two whole numbers, the first not above the second") }
        return start..<end
    }

    func rational(_ name: String) throws(RunnerMessageError) -> WireRational {
        let elements = try array(name)
        guard elements.count == 2, case .integer(let numerator) = elements[0],
            case .integer(let denominator) = elements[1], denominator > 0
        else { throw expected(name, "a numerator and a denominator above 0") }
        return WireRational(Int64(numerator), Int64(denominator))
    }

    func strings(_ name: String) throws(RunnerMessageError) -> [String: String] {
        guard case .object(let members)? = self[name] else { throw expected(name, "an object") }
        var result: [String: String] = [:]
        for (key, value) in members {
            guard case .string(let text) = value else { throw expected(name, "strings only") }
            result[key] = text
        }
        return result
    }

    func lease(_ name: String) throws(RunnerMessageError) -> Lease {
        guard let lease = Lease(try string(name)) else { throw expected(name, "a lease") }
        return lease
    }

    func oneOf<Value: RawRepresentable>(
        _ name: String,
        _ type: Value.Type = Value.self
    ) throws(RunnerMessageError) -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: try string(name)) else {
            throw expected(name, "a known word")
        }
        return value
    }

    func expected(_ name: String, _ what: String) -> RunnerMessageError {
        RunnerMessageError("\(subject).\(name): expected \(what)")
    }
}
