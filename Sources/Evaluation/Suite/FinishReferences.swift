package import Pipelines
package import Scenes
import Tensors

/// What a scene's subject looks like in each of the six finishes, to tell which of them a picture
/// shows.
///
/// There are three instruments, none of which is perfect on true renderings: their own accuracy
/// stands beside all that is told with them. References go through the model's autoencoder, as
/// what is judged has, so that what it smooths away counts for nobody.
package struct FinishReferences: Sendable {
    /// What tells finishes apart.
    package enum Instrument: String, CaseIterable, Sendable {
        /// How lightness and colour vary on the subject; that of the nearest references.
        case texture
        /// CLIP's embedding of the picture; the nearest reference's.
        case pictures
        /// CLIP's embeddings of the picture and of the six captions.
        case words

        /// Of a table.
        var column: String { "finish_\(rawValue)" }
    }

    /// Nil where the subject is too small.
    private let textures: TextureReferences?
    private let pictures: [[Float]]
    private let words: [[Float]]
    private let mask: RegionMask

    /// References of each finish for its texture: the subject with other grains.
    private static let grains: UInt32 = 4

    /// Renders the references.
    ///
    /// - Parameters:
    ///   - scene: In any finish.
    ///   - frame: Of the scene.
    ///   - mask: The subject in it.
    ///   - settings: Of the pictures.
    ///   - studio: The model; what it cannot embed is not told by that instrument.
    /// - Throws: What networks throw.
    package init(
        _ scene: SceneDescription,
        frame: Int,
        mask: RegionMask,
        _ settings: SceneSettings,
        _ studio: SceneStudio
    ) throws {
        var textures: [[SurfaceTexture]] = []
        var pictures: [[Float]] = []
        var words: [[Float]] = []
        for finish in SceneFinish.allCases {
            var scene = scene
            scene.objects[0].finish = finish
            let references = try (0..<Self.grains).map { grain in
                var varied = scene
                varied.objects[0].variation ^= grain * 0x1111
                let truth = SceneCase(varied, frames: frame..<frame + 1, settings.withoutNoise)
                return try studio.reconstruction(of: truth.pictures)
            }
            textures.append(
                references.compactMap { SurfaceTexture(of: $0, frames: [0], masks: [mask]) }
            )
            pictures.append(try studio.content(references[0], frame: 0).values)
            words.append(try studio.embedding(ofText: scene.caption))
        }
        self.textures = textures.contains(where: \.isEmpty) ? nil : TextureReferences(textures)
        self.pictures = pictures
        self.words = words
        self.mask = mask
    }

    /// What each instrument says of a picture.
    ///
    /// - Parameters:
    ///   - picture: Of the frame of the references.
    ///   - studio: The model.
    /// - Returns: The finish; nil where the subject is too small to tell.
    /// - Throws: What networks throw.
    package func told(
        _ picture: Pictures,
        _ studio: SceneStudio
    ) throws -> [Instrument: SceneFinish?] {
        let embedding = try studio.content(picture, frame: 0).values
        let texture = textures.flatMap { known in
            SurfaceTexture(of: picture, frames: [0], masks: [mask]).map { known.nearest(to: $0) }
        }
        let all = SceneFinish.allCases
        return [
            .texture: texture.map { all[$0] },
            .pictures: all[Cosine.nearest(to: embedding, of: pictures)],
            .words: all[Cosine.nearest(to: embedding, of: words)],
        ]
    }
}

/// Angles between embeddings.
enum Cosine {
    /// From -1 to 1; 0 if one of them is zero.
    static func of(_ first: [Float], _ second: [Float]) -> Double {
        FrameConsistency.product(FrameConsistency.unit(first), FrameConsistency.unit(second))
    }

    /// Which of some embeddings has the smallest angle; the first of equals.
    static func nearest(to embedding: [Float], of others: [[Float]]) -> Int {
        let cosines = others.map { of(embedding, $0) }
        return cosines.indices.max { cosines[$0] < cosines[$1] } ?? 0
    }
}
