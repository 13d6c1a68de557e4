import Tensors
import TestSupport
import Testing

struct JSONParsingTests {
    private func parse(_ text: String) throws(JSONError) -> JSONValue {
        try JSONValue.parse(Array(text.utf8))
    }

    @Test(arguments: [
        ("null", JSONValue.null), (" true\n", .bool(true)), ("false", .bool(false)),
        ("0", .integer(0)), ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", .number(1.5)),
        ("1e3", .number(1000)), ("-2.5E-3", .number(-0.0025)), ("[]", .array([])),
        ("{}", .object([:])),
        ("[1, [2], {}]", .array([.integer(1), .array([.integer(2)]), .object([:])])),
        (#""a\"\\\/\b\f\n\r\tA""#, .string("a\"\\/\u{8}\u{C}\n\r\tA")),
        (#""\ud83d\udc3b é""#, .string("\u{1F43B} \u{E9}")),
        (#"{"a": 1, "b": [null]}"#, .object(["a": .integer(1), "b": .array([.null])])),
    ])
    func reads(_ text: String, _ expected: JSONValue) throws {
        #expect(try parse(text) == expected)
    }

    @Test(arguments: [
        ("", 0), ("  ", 2), ("nul", 0), ("truex", 4), ("01", 1), ("-", 1), ("1.", 2), ("1e", 2),
        (".5", 0), ("+1", 0), ("1e999", 0), ("NaN", 0), ("[1,]", 3), ("[1 2]", 3), ("[", 1),
        ("{", 1), ("{\"a\"}", 4), ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1),
        ("{\"a\":1,\"a\":2}", 7), ("\"", 1), ("\"\u{1}\"", 1), ("\"\\x\"", 1), ("\"\\u12G4\"", 5),
        ("\"\\ud800\"", 1), ("\"\\udc00\"", 1), ("\"\\ud800\\u0041\"", 1), ("{} {}", 3), ("'a'", 0),
        ("{\"a\":{\"b\":0,\"b\":0}}", 12), ("/*c*/1", 0), ("\u{FEFF}1", 0),
    ])
    func refusesWithTheOffset(_ text: String, _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.byteOffset == offset, "\(text): \(error?.description ?? "accepted")")
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
        ] as [[UInt8]]
    )
    func refusesInvalidUTF8(_ bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue.parse(bytes) }
    }

    @Test func keysOfOneTextInTwoFormsAreDuplicates() {
        #expect(throws: JSONError.self) { try parse("{\"\u{E9}\":1,\"e\u{301}\":2}") }
    }

    @Test func boundsDepthAndSize() throws {
        let nested = { (depth: Int) in
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try parse(nested(64))
        let deep = #expect(throws: JSONError.self) { try parse(nested(65)) }
        #expect(deep?.byteOffset == 64)
        #expect(throws: JSONError.self) { try parse(nested(1_000_000)) }
        #expect(throws: JSONError.self) {
            try JSONValue.parse(Array("[1,2]".utf8), maximumBytes: 4)
        }
    }

    @Test func duplicateKeyIsNamedOnOneLine() {
        let error = #expect(throws: JSONError.self) { try parse(#"{"a\nb":1,"a\nb":2}"#) }
        #expect(error?.description == #"byte 10: the key "a\nb" is there twice"#)
    }
}

struct JSONWritingTests {
    @Test func sortsKeysAndEscapes() {
        let value = JSONValue.object([
            "b": .array([.integer(1), .number(0.5), .null]), "a\"\n": .string("\u{1}é\\"),
            "c": .object([:]),
        ])
        #expect(value.serialized() == #"{"a\"\n":"\u0001é\\","b":[1,0.5,null],"c":{}}"#)
        #expect(
            value.serialized(isIndented: true)
                == """
                {
                  "a\\"\\n": "\\u0001é\\\\",
                  "b": [
                    1,
                    0.5,
                    null
                  ],
                  "c": {}
                }
                """
        )
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func whatIsWrittenIsReadBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let value = randomValue(depth: 4, &generator)
        for isIndented in [false, true] {
            let text = value.serialized(isIndented: isIndented)
            #expect(try JSONValue.parse(Array(text.utf8)) == value)
            #expect(value.serialized(isIndented: isIndented) == text)
        }
    }

    private func randomValue(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(.random(in: .min ... .max, using: &generator))
        case 3: return .number(.random(in: -1e300...1e300, using: &generator) + 0.5)
        case 4: return .string(randomText(&generator))
        case 5:
            let count = Int.random(in: 0..<5, using: &generator)
            return .array((0..<count).map { _ in randomValue(depth: depth - 1, &generator) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0..<5, using: &generator) {
                members[randomText(&generator)] = randomValue(depth: depth - 1, &generator)
            }
            return .object(members)
        }
    }

    private func randomText(_ generator: inout SeededGenerator) -> String {
        let scalars: [Unicode.Scalar] = (0..<Int.random(in: 0..<8, using: &generator)).map { _ in
            Unicode.Scalar(UInt32.random(in: 0..<0x1_F000, using: &generator)) ?? "\u{FFFD}"
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
