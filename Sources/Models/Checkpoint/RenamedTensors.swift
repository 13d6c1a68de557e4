package import NN
package import Tensors

/// How one naming of a network's parameters maps onto the one its layers ask for.
package struct KeyMap: Sendable {
    /// The canonical name of a stored one; names that need no change map to themselves.
    package let canonicalName: @Sendable (String) -> String

    /// The VAEs published with SD 1 and 2 call the projections of their attention `query`, `key`,
    /// `value` and `proj_attn`; diffusers has since named them like all its attention.
    package static let vaeAttention = KeyMap { name in
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, parts[parts.count - 4] == "attentions",
            let new = vaeAttentionNames[parts[parts.count - 2]]
        else { return name }
        parts[parts.count - 2] = new
        return parts.joined(separator: ".")
    }

    /// CLIP's text tower stands below `text_model.`, or, as transformers 5 saves `CLIPTextModel`,
    /// at the top.
    package static let clipText = KeyMap { name in
        let isTower = ["embeddings.", "encoder.", "final_layer_norm."].contains {
            name.hasPrefix($0)
        }
        return isTower ? "text_model.\(name)" : name
    }

    private static let vaeAttentionNames = [
        "query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0",
    ]
}

/// A checkpoint under the names its network asks for.
package struct RenamedTensors: TensorSource {
    private let source: any TensorSource
    private let storedName: [String: String]

    /// The canonical names, sorted.
    package let names: [String]
    package var label: String { source.label }

    /// Renames all tensors of `source`.
    ///
    /// - Throws: `CheckpointError` if two tensors would have one name: the file holds both namings.
    package init(_ source: any TensorSource, _ map: KeyMap) throws(CheckpointError) {
        var storedName: [String: String] = [:]
        for name in source.names {
            let canonical = map.canonicalName(name)
            if let other = storedName.updateValue(name, forKey: canonical) {
                throw CheckpointError(.twoNames(other, name), path: source.label)
            }
        }
        self.source = source
        self.storedName = storedName
        names = storedName.keys.sorted()
    }

    package func tensor(named name: String) -> StoredTensor? {
        storedName[name].flatMap { source.tensor(named: $0) }
    }
}
