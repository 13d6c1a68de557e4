/// Whether a public checkpoint may hold the tensor `name` although no network reads it.
///
/// - `*.position_ids`: the integers 0, 1, 2, ..., a buffer of older CLIP files.
/// - `*.pos_embed.pe`: a sinusoid table that follows from its shape.
/// - `dpt.layernorm.*`: the final norm of DPT's backbone, which is off the path to depth.
/// - `neck.fusion_stage.layers.0.residual_layer1.*`: the deepest fusion has nothing to add there.
package func isUnreadTensorAllowed(_ name: String) -> Bool {
    name.hasSuffix(".position_ids") || name == "position_ids" || name.hasSuffix(".pos_embed.pe")
        || name.hasPrefix("dpt.layernorm.")
        || name.hasPrefix("neck.fusion_stage.layers.0.residual_layer1.")
}
