import Pipelines
import Tensors

/// How steady pictures are over a scene whose motion is known, and how much fine detail they have:
/// what is smoother is steadier, so neither says anything without the other.
struct Steadiness {
    /// By column; not finite where a clip has no value.
    let values: [String: Double]

    static let columns = [
        SuiteReport.Column("warp", "warp error x1000", .decimals(2)),
        SuiteReport.Column("consecutive", "consecutive", .decimals(4)),
        SuiteReport.Column("pairs", "all pairs", .decimals(4)),
        SuiteReport.Column("detail", "detail x1000", .decimals(2)),
    ]

    static let lines = [
        "Warp error: mean squared difference of a frame and the next one warped by the exact flow, "
            + "where that is seen.",
        "Consecutive, all pairs: mean cosine of the frames' CLIP embeddings, by the model's own.",
        "Detail: mean squared Laplacian of luma, for what is smooth is steady.",
    ]

    init(of pictures: Pictures, _ scene: SceneCase, _ studio: SceneStudio) throws {
        let flows = MaskedFlow.truth(flow: scene.flow, visibility: scene.visibility)
        let embeddings = try studio.embeddings(of: pictures)
        let consistency = embeddings.count > 1 ? FrameConsistency(embeddings) : nil
        values = [
            "warp": 1000 * (WarpError(pictures, flows)?.mean ?? .nan),
            "consecutive": consistency?.consecutive ?? .nan,
            "pairs": consistency?.allPairs ?? .nan,
            "detail": 1000 * DetailEnergy(pictures).mean,
        ]
    }
}
