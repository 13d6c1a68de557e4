import Tensors

extension BPETokenizer {
    /// Reads `vocab.json` and `merges.txt`, or `tokenizer.json` where they are absent, with
    /// `tokenizer_config.json` and `special_tokens_map.json`.
    ///
    /// - Parameter folder: The tokenizer's folder.
    /// - Returns: The tokenizer; its length is the config's `model_max_length`, or 77.
    /// - Throws: `TokenizerError` naming the file and what is wrong with it.
    package static func load(folder: String) throws(TokenizerError) -> BPETokenizer {
        let files = TokenizerFolder(path: folder)
        let whole = try files.object("tokenizer.json")
        var parts = try files.vocabularyAndMerges(orFrom: whole)
        let named = try files.namedTokens(whole: whole)
        for (content, id) in named.addedIDs { parts.vocabulary[content] = id }
        do {
            return try BPETokenizer(
                vocabulary: parts.vocabulary,
                merges: parts.merges,
                specials: named.specials,
                length: named.length
            )
        } catch {
            throw TokenizerError("\(folder): \(error)")
        }
    }
}

/// The files of a tokenizer's folder.
private struct TokenizerFolder {
    let path: String

    private static let bytesMax = 64 << 20

    struct NamedTokens {
        var specials: SpecialTokens
        /// Ids of tokens that the vocabulary itself need not hold.
        var addedIDs: [String: Int]
        var length: Int
    }

    /// The object in the file `name`, or nil if there is no such file.
    func object(_ name: String) throws(TokenizerError) -> [String: JSONValue]? {
        guard let bytes = try contents(name) else { return nil }
        do {
            guard case .object(let object) = try JSONValue.parse(bytes) else {
                throw TokenizerError("\(path)/\(name): expected an object")
            }
            return object
        } catch let error as JSONError {
            throw TokenizerError("\(path)/\(name): \(error)")
        } catch {
            throw TokenizerError("\(path)/\(name): expected an object")
        }
    }

    private func contents(_ name: String) throws(TokenizerError) -> [UInt8]? {
        let file = "\(path)/\(name)"
        do {
            guard try SystemFile.status(of: file) != nil else { return nil }
            return try SystemFile.read(file, limit: Self.bytesMax)
        } catch {
            throw TokenizerError(error.description)
        }
    }

    typealias Parts = (vocabulary: [String: Int], merges: [(left: String, right: String)])

    func vocabularyAndMerges(orFrom whole: [String: JSONValue]?) throws(TokenizerError) -> Parts {
        if let vocabulary = try object("vocab.json") {
            guard let bytes = try contents("merges.txt") else {
                throw TokenizerError("\(path): merges.txt is missing beside vocab.json")
            }
            return (try ids(vocabulary, "vocab.json"), try merges(bytes))
        }
        guard let whole else {
            throw TokenizerError("\(path): neither vocab.json nor tokenizer.json is there")
        }
        guard case .object(let model)? = whole["model"], model["type"] == .string("BPE"),
            model["end_of_word_suffix"] == .string("</w>"),
            case .object(let vocabulary)? = model["vocab"],
            case .array(let pairs)? = model["merges"]
        else {
            throw TokenizerError(
                "\(path)/tokenizer.json: expected a BPE model with the end-of-word suffix </w>"
            )
        }
        var merges: [(left: String, right: String)] = []
        for pair in pairs { merges.append(try merge(pair)) }
        return (try ids(vocabulary, "tokenizer.json"), merges)
    }

    private func ids(
        _ vocabulary: [String: JSONValue],
        _ file: String
    ) throws(TokenizerError) -> [String: Int] {
        var result: [String: Int] = [:]
        result.reserveCapacity(vocabulary.count)
        for (token, value) in vocabulary {
            guard case .integer(let id) = value, id >= 0, id < 1 << 24 else {
                throw TokenizerError("\(path)/\(file): the id of \(token) is no small integer")
            }
            result[token] = id
        }
        return result
    }

    private func merges(_ bytes: [UInt8]) throws(TokenizerError) -> [(left: String, right: String)]
    {
        let lines = bytes.split(whereSeparator: { $0 == 10 || $0 == 13 })
        var result: [(left: String, right: String)] = []
        result.reserveCapacity(lines.count)
        for line in lines {
            guard let text = String(validating: line, as: UTF8.self) else {
                throw TokenizerError("\(path)/merges.txt: a line is not UTF-8")
            }
            if text.hasPrefix("#version") { continue }
            result.append(try merge(.string(text)))
        }
        return result
    }

    /// A pair as `"left right"` or `["left", "right"]`.
    private func merge(
        _ value: JSONValue
    ) throws(TokenizerError) -> (left: String, right: String) {
        switch value {
        case .string(let text):
            let parts = text.split(separator: " ")
            if parts.count == 2 { return (String(parts[0]), String(parts[1])) }
        case .array(let parts):
            if parts.count == 2, case .string(let left) = parts[0],
                case .string(let right) = parts[1]
            {
                return (left, right)
            }
        default: break
        }
        throw TokenizerError("\(path): a merge is not two tokens")
    }

    /// The reference's rule: `special_tokens_map.json` overrides `tokenizer_config.json`, unless
    /// the latter has `added_tokens_decoder`, as newer files do; then the former is not read.
    func namedTokens(whole: [String: JSONValue]?) throws(TokenizerError) -> NamedTokens {
        let config = try object("tokenizer_config.json") ?? [:]
        var tokens = config
        var added = AddedTokens()
        if case .object(let decoder)? = config["added_tokens_decoder"] {
            for (id, token) in decoder { try added.add(token, id: Int(id), path) }
        } else {
            tokens.merge(try object("special_tokens_map.json") ?? [:]) { $1 }
            if case .array(let list)? = whole?["added_tokens"] {
                for token in list {
                    guard case .object(let object) = token, case .integer(let id)? = object["id"]
                    else {
                        throw TokenizerError("\(path)/tokenizer.json: an added token has no id")
                    }
                    try added.add(token, id: id, path)
                }
            }
        }
        if case .array(let more)? = tokens["additional_special_tokens"], !more.isEmpty {
            throw TokenizerError("\(path): additional_special_tokens are not part of CLIP's rule")
        }
        let end = "<|endoftext|>"
        let defaults = [
            ("bos_token", "<|startoftext|>"), ("eos_token", end), ("unk_token", end),
            ("pad_token", end),
        ]
        var names: [String] = []
        for (key, fallback) in defaults {
            names.append(try added.name(tokens[key] ?? .null, default: fallback, key, path))
        }
        let specials = SpecialTokens(
            start: names[0],
            end: names[1],
            unknown: names[2],
            padding: names[3],
            matches: added.isNormalized.sorted { $0.key < $1.key }.map {
                SpecialTokens.Match(content: $0.key, isNormalized: $0.value)
            }
        )
        return NamedTokens(specials: specials, addedIDs: added.ids, length: length(config))
    }

    /// Libraries write an enormous number for "no limit"; CLIP's own limit is then meant.
    private func length(_ config: [String: JSONValue]) -> Int {
        guard case .integer(let length)? = config["model_max_length"], (2...4096).contains(length)
        else { return 77 }
        return length
    }
}

/// Tokens that are searched for in a text, with how.
private struct AddedTokens {
    var isNormalized: [String: Bool] = [:]
    var ids: [String: Int] = [:]

    mutating func add(_ token: JSONValue, id: Int?, _ path: String) throws(TokenizerError) {
        guard let id, id >= 0, id < 1 << 24,
            case .object(let object) = token, case .string(let content)? = object["content"]
        else { throw TokenizerError("\(path): an added token has no content or no id") }
        try refuseSingleWord(object, path)
        isNormalized[content] = object["normalized"] == .bool(true)
        ids[content] = id
    }

    /// The text of a named token; one that is not among the added tokens becomes one.
    mutating func name(
        _ value: JSONValue,
        default fallback: String,
        _ key: String,
        _ path: String
    ) throws(TokenizerError) -> String {
        let content: String
        var normalized = false
        switch value {
        case .null: content = fallback
        case .string(let text): content = text
        case .object(let object):
            guard case .string(let text)? = object["content"] else {
                throw TokenizerError("\(path): \(key) has no content")
            }
            try refuseSingleWord(object, path)
            content = text
            normalized = object["normalized"] == .bool(true)
        default:
            throw TokenizerError("\(path): \(key) is no token")
        }
        if ids[content] == nil { isNormalized[content] = normalized }
        return content
    }

    private func refuseSingleWord(
        _ token: [String: JSONValue],
        _ path: String
    ) throws(TokenizerError) {
        guard token["single_word"] != .bool(true) else {
            throw TokenizerError("\(path): single_word tokens are not part of CLIP's rule")
        }
    }
}
