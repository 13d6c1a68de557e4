import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// What transformers made of a list of texts with one of the recorded tokenizer folders.
private struct RecordedTokens {
    let folder: String
    let padding: Int
    let rows: [(text: String, ids: [Int])]

    init(_ name: String) throws {
        folder = "\(Bundle.module.resourcePath ?? "")/Goldens/Tokenizer/\(name)"
        let bytes = try SystemFile.read("\(folder)/expected.json", limit: 1 << 24)
        guard case .object(let object) = try JSONValue.parse(bytes),
            case .integer(let padding)? = object["pad"], case .array(let rows)? = object["rows"]
        else { throw TokenizerError("\(folder): unexpected fixture") }
        self.padding = padding
        let path = folder
        self.rows = try rows.map { row in
            guard case .object(let row) = row, case .string(let text)? = row["text"],
                case .array(let ids)? = row["ids"]
            else { throw TokenizerError("\(path): unexpected row") }
            return (
                text,
                ids.compactMap { id in
                    if case .integer(let id) = id { id } else { nil }
                }
            )
        }
    }
}

struct BPETokenizerTests {
    @Test(arguments: ["sd15", "sd2", "decoder"])
    func matchesTheReference(_ name: String) throws {
        let recorded = try RecordedTokens(name)
        let tokenizer = try BPETokenizer.load(folder: recorded.folder)
        #expect(recorded.rows.count > 150)
        for (text, ids) in recorded.rows {
            let tokens = tokenizer(text)
            #expect(Array(tokens.ids.prefix(tokens.count)) == ids, "\(text.debugDescription)")
            #expect(tokens.ids.dropFirst(tokens.count).allSatisfy { $0 == recorded.padding })
            #expect(tokens.ids.count == 77)
        }
    }

    /// The ids of OpenAI's vocabulary, which this repository does not hold.
    private static let officialFolder =
        ProcessInfo.processInfo.environment["WEFT_CLIP_TOKENIZER"]

    @Test(
        .enabled(
            if: officialFolder != nil,
            "set WEFT_CLIP_TOKENIZER to a folder with OpenAI's vocab.json and merges.txt"
        ),
        arguments: [
            ("a photo of a cat", [320, 1125, 539, 320, 2368]),
            ("A Photo  of\ta CAT", [320, 1125, 539, 320, 2368]),
            (
                "pencil sketch of a man looking at the camera",
                [11200, 5269, 539, 320, 786, 1312, 536, 518, 3934]
            ),
            ("it's 2024!!! they'll go", [585, 568, 273, 271, 273, 275, 995, 889, 1342, 861]),
            ("Café naïve", [15304, 1097, 35689, 563]),
            (
                "space-bear, walking: through the stars",
                [2138, 268, 4298, 267, 3941, 281, 1417, 518, 2895]
            ),
            ("日本 🐻", [39121, 19277, 361, 25322]),
        ]
    )
    func matchesTheOfficialVocabulary(_ text: String, _ ids: [Int]) throws {
        let tokenizer = try BPETokenizer.load(folder: Self.officialFolder ?? "")
        let tokens = tokenizer(text)
        #expect(Array(tokens.ids.prefix(tokens.count)) == [49406] + ids + [49407])
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func anyTextHasTheFullLength(seed: UInt64) throws {
        let tokenizer = try BPETokenizer.load(folder: RecordedTokens("sd2").folder)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 0...120, using: &generator)
            var text = String.UnicodeScalarView()
            for _ in 0..<count {
                let limit: UInt32 = Bool.random(using: &generator) ? 0x250 : 0x11_0000
                let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &generator))
                if let scalar { text.append(scalar) }
            }
            let tokens = tokenizer(String(text))
            #expect(tokens.ids.count == 77)
            #expect((2...77).contains(tokens.count))
            #expect(tokens.ids.allSatisfy { (0..<tokenizer.vocabularySize).contains($0) })
            #expect(tokenizer(String(text)) == tokens)
        }
    }

    @Test func aWordOfAnyLengthIsDone() throws {
        let tokenizer = try BPETokenizer.load(folder: RecordedTokens("sd15").folder)
        let tokens = tokenizer(String(repeating: "the", count: 50_000))
        #expect(tokens.count == 77)
    }

    @Test func aVocabularyWithoutItsSpecialTokensIsRefused() {
        let specials = SpecialTokens(
            start: "<s>",
            end: "</s>",
            unknown: "</s>",
            padding: "</s>",
            matches: []
        )
        let error = #expect(throws: TokenizerError.self) {
            try BPETokenizer(vocabulary: ["<s>": 0], merges: [], specials: specials)
        }
        #expect(error?.description == "the vocabulary has no end token </s>")
    }
}
