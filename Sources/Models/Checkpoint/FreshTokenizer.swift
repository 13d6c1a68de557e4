import Tensors

/// A tokenizer in CLIP's layout for a fresh model.
package struct FreshTokenizer: Sendable {
    private let training: BPETraining
    /// Ids of a text, start and end included.
    let length: Int

    /// A token for each byte within a word, one for each that ends a word, start and end: every
    /// text has a token sequence of its own, up to 75 bytes.
    package static let bytes = FreshTokenizer(
        training: BPETraining(counts: [:], mergesMax: 0),
        length: 77
    )

    /// Bytes, and a token for each of the words with which small scenes are described; other words
    /// fall into their bytes and what they share with those.
    package static let words = FreshTokenizer(
        training: BPETraining(
            counts: Dictionary(uniqueKeysWithValues: vocabulary.map { ($0, 1) }),
            mergesMax: .max
        ),
        length: 48
    )

    /// Largest id plus one.
    var size: Int { training.vocabulary.count }
    /// The id that ends a text.
    var end: Int { size - 1 }

    /// Writes the tokenizer's folder below `folder` and enters it in `model_index.json`.
    ///
    /// - Throws: `CheckpointError` if it cannot be written.
    package func write(to folder: String) throws(CheckpointError) {
        let kind = ComponentKind.tokenizer
        let place = "\(folder)/\(kind.folder)"
        let config: [String: JSONValue] = [
            "tokenizer_class": .string("CLIPTokenizer"), "model_max_length": .integer(length),
            "pad_token": .string(BPETraining.end),
        ]
        let merges = training.merges.map { "\($0.left) \($0.right)\n" }.joined()
        let vocabulary = training.vocabulary.mapValues { JSONValue.integer($0) }
        let files = [
            "vocab.json": JSONValue.object(vocabulary).serialized(isIndented: false) + "\n",
            "merges.txt": "#version: 0.2\n" + merges,
            kind.configName: JSONValue.object(config).serialized(isIndented: true) + "\n",
        ]
        try CheckpointError.reading(place) { () throws(FileError) in
            try SystemFile.makeFolder(place)
            for (name, text) in files.sorted(by: { $0.key < $1.key }) {
                try SystemFile.writeAtomically(Array(text.utf8), to: "\(place)/\(name)")
            }
        }
        try CheckpointFolder.enter(
            kind.folder,
            library: "transformers",
            ["_class_name": .string("CLIPTokenizer")],
            in: folder
        )
    }

    /// The words of scenes' captions, and some that people say beside them.
    static let vocabulary: [String] = """
        a an and at by for from in is it near next of on over the to under with without , . - \
        ball bear block bottle bread bust car cat chair cone cube cup cylinder dog doll duck egg \
        capsule figure flower frog fruit hand house man mug mushroom object pyramid rabbit sphere \
        statue toy torus tree vase woman \
        black blue brown green grey gray orange pink purple red turquoise white yellow golden \
        silver bright dark light pale deep warm cold soft shiny matte rough smooth \
        chocolate clay glass gold leather marble metal paper plastic rubber stone wood wooden wool \
        woollen \
        cloth concrete floor grass gravel ground sand snow table tablecloth tiles water \
        daylight evening lamp lamplight morning night overcast studio sun sunlight sunset \
        image painting photo picture sketch video
        """.split(separator: " ").map(String.init)
}
