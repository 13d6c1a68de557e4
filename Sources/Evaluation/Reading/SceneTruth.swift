package import Pipelines
package import Tensors

/// What is true of a clip, as `weft scene --truth` writes it.
package struct SceneTruth: Sendable {
    /// A flow and its mask for each frame, to the next.
    package let flows: [MaskedFlow]
    /// 1 / depth, `[F, H, W]`.
    package let inverseDepth: HostTensor

    /// Reads the tensors that measures need and checks that they fit a clip.
    ///
    /// - Parameters:
    ///   - path: The safetensors file.
    ///   - clip: The clip it is the truth of; it may be longer.
    /// - Throws: `SafetensorsError`; `InputError` if a tensor is missing, not finite or of another
    ///   size.
    package init(reading path: String, for clip: Pictures) throws {
        let tensors = InputTensors(try SafetensorsFile.open(path))
        let flow = try tensors.tensor("flow", rank: 4)
        let visibility = try tensors.tensor("visibility", rank: 3)
        let depth = try tensors.tensor("depth", rank: 3)
        let size = [clip.height, clip.width]
        for (name, tensor) in [("flow", flow), ("visibility", visibility), ("depth", depth)] {
            let shape = tensor.shape.dimensions
            guard Array(shape[1...2]) == size, shape.count < 4 || shape[3] == 2 else {
                throw InputError(
                    "\(path): \(name): expected the truth of frames of "
                        + "\(clip.width)x\(clip.height), found \(tensor.shape); measure at its "
                        + "size with --size"
                )
            }
            guard shape[0] >= clip.count else {
                throw InputError(
                    "\(path): \(name): expected at least \(clip.count) frames, found \(shape[0])"
                )
            }
            guard tensor.values.allSatisfy(\.isFinite) else {
                throw InputError("\(path): \(name): holds values that are not finite")
            }
        }
        guard depth.values.allSatisfy({ $0 > 0 }) else {
            throw InputError("\(path): depth: expected distances above 0")
        }
        let frames = clip.count
        flows = MaskedFlow.truth(flow: flow.first(frames), visibility: visibility.first(frames))
        let near = depth.first(frames)
        inverseDepth = HostTensor(near.values.map { 1 / $0 }, near.shape)
    }
}

extension HostTensor {
    /// The first values along the outermost axis.
    fileprivate func first(_ count: Int) -> HostTensor {
        let size = values.count / shape[0]
        return HostTensor(
            Array(values.prefix(count * size)),
            Shape([count] + shape.dimensions.dropFirst())
        )
    }
}
