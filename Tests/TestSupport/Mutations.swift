package import Tensors

/// Seeded damage to inputs: what bad disks, wrong programs and bad people do to files.
package struct Mutations: Sendable {
    private var generator: SeededGenerator

    package init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Seeds for a fuzzing test: fixed ones, and one that is new each run and shown in the test's
    /// name.
    package static let seeds: [UInt64] = [1, 2, 3, .random(in: 1000 ... .max)]

    package mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &generator)
    }

    /// The bytes with one to four flips, cuts, repeats or insertions.
    package mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(4) {
            guard !bytes.isEmpty else { return bytes }
            let position = below(bytes.count)
            let end = min(bytes.count, position + 1 + below(16))
            switch below(7) {
            case 0: bytes[position] ^= 1 << below(8)
            case 1: bytes[position] = UInt8(below(256))
            case 2: bytes.removeSubrange(position..<end)
            case 3: bytes.insert(contentsOf: bytes[position..<end], at: position)
            case 4: bytes.removeLast(bytes.count - position)
            case 5: bytes.insert(UInt8(below(256)), at: position)
            default: bytes += (0...below(16)).map { _ in UInt8(below(256)) }
            }
        }
        return bytes
    }

    /// The document with one value changed, removed, moved or repeated somewhere inside.
    package mutating func mutated(_ value: JSONValue) -> JSONValue {
        guard below(6) > 0 else { return replacement(for: value) }
        switch value {
        case .object(var members) where !members.isEmpty:
            let keys = members.keys.sorted()
            let key = keys[below(keys.count)]
            guard let member = members[key] else { return value }
            switch below(8) {
            case 0: members[key] = nil
            case 1:
                members[key] = nil
                members[key + "x"] = member
            case 2: members[keys[below(keys.count)]] = member
            default: members[key] = mutated(member)
            }
            return .object(members)
        case .array(var elements) where !elements.isEmpty:
            let index = below(elements.count)
            switch below(6) {
            case 0: elements.remove(at: index)
            case 1: elements.append(elements[index])
            default: elements[index] = mutated(elements[index])
            }
            return .array(elements)
        default: return replacement(for: value)
        }
    }

    private mutating func replacement(for value: JSONValue) -> JSONValue {
        if case .integer(let integer) = value, below(3) > 0 {
            let near = [
                integer &+ 1, integer &- 1, integer &* 2, integer / 2, 0 &- integer, 0, 1, 3,
            ]
            return .integer(near[below(near.count)])
        }
        let others: [JSONValue] = [
            .null, .bool(true), .bool(false), .integer(0), .integer(-1), .integer(1),
            .integer(.max), .integer(.min), .integer(1 << 32), .integer(1 << 62), .integer(1 << 24),
            .number(0.5), .number(-1e300), .number(1e300), .string(""), .string("F32"),
            .string("I64"), .string("\u{0}/..\n"), .array([]), .array([.integer(2), .integer(2)]),
            .array([.array([])]), .object([:]), .object(["": .null]),
        ]
        return others[below(others.count)]
    }
}
