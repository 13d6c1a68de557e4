package import Tensors

/// A shot in a safetensors file, in the layouts of the reference libraries, as `weft sample` reads
/// it.
///
/// | tensor | shape | meaning |
/// | --- | --- | --- |
/// | `structure` | [F,4,h,w] | encoded depth, scaled; or instead |
/// | `depth` | [F,H,W] | relative inverse depth of the whole shot |
/// | `content`? | [D] or [1,D] | CLIP image embedding; absent: without content |
/// | `source`? | [F,4,h,w] | clean latents of the source, scaled; or instead |
/// | `frames`? | [F,3,H,W] | the source's pictures in [-1, 1] |
/// | `mask`? | [F,1,h,w] | 1 where the source is kept |
/// | `latents`? | [F,4,h,w] | fused latents to continue from |
package struct ShotFile: Sendable {
    package let inputs: ShotInputs
    /// Where a run within the steps continues from, `[F, h, w, 4]`.
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
        let depth = try file.tensorIfPresent("depth", rank: 3)
        let frames = try file.tensorIfPresent("frames", rank: 4)
        let encoder =
            depth == nil && frames == nil
            ? nil : LatentEncoder(try model.autoencoder(), on: model.backend)
        var structure: HostTensor
        if let depth {
            guard !file.contains("structure") else {
                throw InputError("structure, depth: expected one of them, found both")
            }
            guard let range = DepthRange(of: depth), let encoder else {
                throw InputError("depth: no finite value in \(depth.shape)")
            }
            structure = try encoder.structure(ofDepth: depth, range: range, level: level)
        } else {
            structure = try file.tensor("structure", rank: 4).channelsLast()
        }
        guard structure.shape[3] == 4, structure.shape.count > 0 else {
            throw InputError("structure: expected 4 channels, found \(structure.shape[3])")
        }
        var inputs = ShotInputs(structure: structure)
        inputs.firstFrame = firstFrame
        if let content = try Self.content(file) { inputs.content = content }
        if let frames {
            guard !file.contains("source") else {
                throw InputError("source, frames: expected one of them, found both")
            }
            inputs.source = try encoder?.latents(of: frames.channelsLast())
        } else {
            inputs.source = try file.tensorIfPresent("source", rank: 4)?.channelsLast()
        }
        inputs.mask = try file.tensorIfPresent("mask", rank: 4)?.channelsLast()
        if let wrong = inputs.mask?.values.first(where: { !(0...1).contains($0) }) {
            throw InputError("mask: expected values from 0 to 1, found \(wrong)")
        }
        latents = try file.tensorIfPresent("latents", rank: 4)?.channelsLast()
        let picture = structure.shape.dimensions.dropLast()
        for (name, tensor, channels) in [
            ("source", inputs.source, 4), ("mask", inputs.mask, 1), ("latents", latents, 4),
        ] {
            guard let tensor, tensor.shape.dimensions != picture + [channels] else { continue }
            throw InputError(
                "\(name): expected \(channels) channels of the structure's frames and size "
                    + "\(Shape(Array(picture))), found \(tensor.shape) (channels last)"
            )
        }
        self.inputs = inputs
    }

    private static func content(_ file: InputTensors) throws(InputError) -> HostTensor? {
        guard file.contains("content") else { return nil }
        let content = try file.tensorOfAnyShape("content")
        let width = content.shape.rank == 0 ? 0 : content.shape[-1]
        guard content.shape.rank <= 2, content.shape.count == width, width > 0 else {
            throw InputError("content: expected [D] or [1, D], found \(content.shape)")
        }
        return content.reshaped([1, width])
    }
}
