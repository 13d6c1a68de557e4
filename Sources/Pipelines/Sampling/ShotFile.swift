package import Tensors

/// A shot in a safetensors file, in the layouts of the reference libraries, as `weft sample` reads
/// it.
///
/// C are the model's latent channels, 4 unless its `out_channels` says otherwise.
///
/// | tensor | shape | meaning |
/// | --- | --- | --- |
/// | `structure` | [F,C,h,w] | encoded depth, scaled; or instead |
/// | `depth` | [F,H,W] | relative inverse depth of the whole shot |
/// | `content`? | [D] or [1,D] | CLIP image embedding; absent: without content |
/// | `source`? | [F,C,h,w] | clean latents of the source, scaled; or instead |
/// | `frames`? | [F,3,H,W] | the source's pictures in [-1, 1] |
/// | `mask`? | [F,1,h,w] | 1 where the source is kept |
/// | `latents`? | [F,C,h,w] | fused latents to continue from |
package struct ShotFile: Sendable {
    package let inputs: ShotInputs
    /// Where a run within the steps continues from, `[F, h, w, C]`.
    package let latents: HostTensor?

    /// Reads and encodes what the file holds.
    ///
    /// - Parameters:
    ///   - file: The tensors.
    ///   - model: Its autoencoder is loaded if there are pictures or depth to encode.
    ///   - level: t_s.
    ///   - firstFrame: Number of the first frame in its video.
    /// - Throws: `InputError` naming the tensor that does not fit, or what loading throws.
    package init(
        _ file: InputTensors,
        model: Gen1Model,
        level: StructureLevel,
        firstFrame: Int
    ) throws {
        let shot = try StoredShot(file)
        let needsEncoder = shot.depth != nil || shot.frames != nil
        // Loaded after all tensors are read and found sound: it takes the longest.
        let encoder =
            needsEncoder ? LatentEncoder(try model.autoencoder(), on: model.backend) : nil
        var inputs = ShotInputs(structure: try shot.structure(encoder, level))
        let dimensions = inputs.structure.shape.dimensions
        let channels = model.latentChannels
        guard dimensions[3] == channels, inputs.structure.shape.count > 0 else {
            throw InputError(
                "structure: expected [F, \(channels), h, w], found "
                    + "\(inputs.structure.shape) (channels last)"
            )
        }
        guard firstFrame <= Int(UInt32.max) - dimensions[0] + 1 else {
            throw InputError(
                "first frame \(firstFrame): expected \(dimensions[0]) frames numbered up to "
                    + "\(UInt32.max)"
            )
        }
        inputs.firstFrame = firstFrame
        inputs.content = shot.content
        inputs.source = try shot.frames.map { try encoder?.latents(of: $0) } ?? shot.source
        inputs.mask = shot.mask
        latents = shot.latents
        for (name, tensor, count) in [
            (shot.frames == nil ? "source" : "frames", inputs.source, channels),
            ("mask", inputs.mask, 1), ("latents", latents, channels),
        ] {
            let expected = Shape(dimensions.dropLast() + [count])
            guard let tensor, tensor.shape != expected else { continue }
            throw InputError(
                "\(name): expected latents \(expected) as the structure has them, found "
                    + "\(tensor.shape) (channels last)"
            )
        }
        self.inputs = inputs
    }
}

/// The tensors of a shot as they are stored, channels last, each finite.
private struct StoredShot {
    let storedStructure: HostTensor?
    let depth: HostTensor?
    let content: HostTensor?
    let source: HostTensor?
    let frames: HostTensor?
    let mask: HostTensor?
    let latents: HostTensor?

    init(_ file: InputTensors) throws(InputError) {
        for (first, second) in [("structure", "depth"), ("source", "frames")]
        where file.contains(first) && file.contains(second) {
            throw InputError("\(first), \(second): expected one of them, found both")
        }
        depth = try Self.finite(file, "depth", rank: 3)
        storedStructure =
            depth == nil ? try Self.required(file, "structure").channelsLast() : nil
        content = try Self.content(file)
        source = try Self.finite(file, "source", rank: 4)?.channelsLast()
        frames = try Self.finite(file, "frames", rank: 4)?.channelsLast()
        mask = try Self.finite(file, "mask", rank: 4)?.channelsLast()
        latents = try Self.finite(file, "latents", rank: 4)?.channelsLast()
        if let wrong = mask?.values.first(where: { !(0...1).contains($0) }) {
            throw InputError("mask: expected values from 0 to 1, found \(wrong)")
        }
        if mask != nil, source == nil, frames == nil {
            throw InputError("mask: expected source or frames with it, which it keeps")
        }
    }

    func structure(_ encoder: LatentEncoder?, _ level: StructureLevel) throws -> HostTensor {
        if let storedStructure { return storedStructure }
        guard let depth, let encoder, let range = DepthRange(of: depth) else {
            throw InputError("depth: expected frames, found none in \(depth?.shape ?? [0])")
        }
        return try encoder.structure(ofDepth: depth, range: range, level: level)
    }

    private static func required(
        _ file: InputTensors,
        _ name: String
    ) throws(InputError) -> HostTensor {
        guard let tensor = try finite(file, name, rank: 4) else {
            return try file.tensor(name, rank: 4)
        }
        return tensor
    }

    private static func finite(
        _ file: InputTensors,
        _ name: String,
        rank: Int
    ) throws(InputError) -> HostTensor? {
        guard let tensor = try file.tensorIfPresent(name, rank: rank) else { return nil }
        try check(tensor, name)
        return tensor
    }

    private static func check(_ tensor: HostTensor, _ name: String) throws(InputError) {
        guard let index = tensor.values.firstIndex(where: { !$0.isFinite }) else { return }
        throw InputError(
            "\(name): expected finite values, found \(tensor.values[index]) at element \(index)"
        )
    }

    private static func content(_ file: InputTensors) throws(InputError) -> HostTensor? {
        guard file.contains("content") else { return nil }
        let content = try file.tensorOfAnyShape("content")
        let width = content.shape.rank == 0 ? 0 : content.shape[-1]
        guard content.shape.rank <= 2, content.shape.count == width, width > 0 else {
            throw InputError("content: expected [D] or [1, D], found \(content.shape)")
        }
        try check(content, "content")
        return content.reshaped([1, width])
    }
}
