import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// Folders that are read another way, or not at all.
struct TokenizerFolderTests {
    private let recorded = "\(Bundle.module.resourcePath ?? "")/Goldens/Tokenizer/sd15"

    private func object(_ name: String) throws -> JSONValue {
        try JSONValue.parse(try SystemFile.read("\(recorded)/\(name)", limit: 1 << 24))
    }

    @Test(arguments: [false, true])
    func oneFileHoldsAll(areMergesPairs: Bool) throws {
        let text = try SystemFile.read("\(recorded)/merges.txt", limit: 1 << 24)
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").dropFirst()
        let merges = lines.map { line -> JSONValue in
            guard areMergesPairs else { return .string(String(line)) }
            return .array(line.split(separator: " ").map { .string(String($0)) })
        }
        let whole = JSONValue.object([
            "model": .object([
                "type": .string("BPE"), "end_of_word_suffix": .string("</w>"),
                "vocab": try object("vocab.json"), "merges": .array(merges),
            ]),
            "added_tokens": .array([]),
        ])
        let folder = try TemporaryFolder()
        _ = try folder.write(whole.serialized(), to: "tokenizer.json")
        let found = try BPETokenizer.load(folder: folder.path)
        let expected = try BPETokenizer.load(folder: recorded)
        for text in ["a photo of a cat", "Café naïve, it's 2024!!!", ""] {
            #expect(found(text) == expected(text))
        }
    }

    @Test(arguments: [
        ("vocab.json", "[]", "expected an object"),
        ("vocab.json", "{\"a\": -1}", "the id of a is no small integer"),
        ("vocab.json", "{\"a\": 1, \"a\": 2}", "vocab.json: byte"),
        ("merges.txt", "#version: 0.2\na b c\n", "a merge is not two tokens"),
        ("merges.txt", "a unheardof</w>\n", "the vocabulary has no merge token"),
        ("special_tokens_map.json", "{\"pad_token\": 3}", "pad_token is no token"),
        ("special_tokens_map.json", "{\"pad_token\": \"<pad>\"}", "no special token <pad>"),
        (
            "special_tokens_map.json", "{\"additional_special_tokens\": [\"<x>\"]}",
            "additional_special_tokens"
        ),
        (
            "special_tokens_map.json",
            "{\"bos_token\": {\"content\": \"a\", \"single_word\": true}}", "single_word"
        ),
    ])
    func aBrokenFileIsNamed(_ name: String, _ contents: String, _ message: String) throws {
        let folder = try TemporaryFolder()
        for file in ["vocab.json", "merges.txt", "tokenizer_config.json"] {
            _ = try folder.write(
                try SystemFile.read("\(recorded)/\(file)", limit: 1 << 24),
                to: file
            )
        }
        _ = try folder.write(contents, to: name)
        let error = #expect(throws: TokenizerError.self) {
            try BPETokenizer.load(folder: folder.path)
        }
        #expect(error?.description.hasPrefix(folder.path) == true)
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ([], "neither vocab.json nor tokenizer.json"), (["vocab.json"], "merges.txt is missing"),
    ])
    func aMissingFileIsNamed(_ files: [String], _ message: String) throws {
        let folder = try TemporaryFolder()
        for file in files {
            _ = try folder.write(
                try SystemFile.read("\(recorded)/\(file)", limit: 1 << 24),
                to: file
            )
        }
        let error = #expect(throws: TokenizerError.self) {
            try BPETokenizer.load(folder: folder.path)
        }
        #expect(error?.description.contains(message) == true)
    }
}
