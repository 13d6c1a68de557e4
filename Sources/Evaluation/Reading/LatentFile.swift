package import Diffusion
import Pipelines
package import Tensors

/// Latents of a clip that are at hand: windows before their blend, the blend, or both.
package struct LatentFile: Sendable {
    /// `[L, C, H, W]` each; nil if the file has only the blend.
    package let windows: [HostTensor]?
    /// `[F, C, H, W]`, of the file or blended from its windows.
    package let blended: HostTensor
    /// Shares of the windows.
    package let weights: BlendWeights

    /// - Parameters:
    ///   - path: A safetensors file with `window.0`, `window.1`, ... of the layout, and `latent` or
    ///     `latents`; either may be absent.
    ///   - plan: The layout.
    ///   - taper: Of the blend.
    /// - Throws: `SafetensorsError`; `InputError` if a tensor is missing, not finite or of another
    ///   shape.
    package init(reading path: String, plan: WindowPlan, taper: WindowTaper) throws {
        let file = try SafetensorsFile.open(path)
        let tensors = InputTensors(file)
        weights = BlendWeights(plan, taper: taper)
        func finite(_ name: String, frames: Int) throws -> HostTensor {
            let tensor = try tensors.tensor(name, rank: 4)
            guard tensor.shape[0] == frames, tensor.shape.count > 0 else {
                throw InputError(
                    "\(path): \(name): expected \(frames) frames, found \(tensor.shape)"
                )
            }
            guard tensor.values.allSatisfy(\.isFinite) else {
                throw InputError("\(path): \(name): holds values that are not finite")
            }
            return tensor
        }
        var windows: [HostTensor] = []
        if tensors.contains(WindowFile.name(0)) {
            for (index, frames) in plan.windows.enumerated() {
                let window = try finite(WindowFile.name(index), frames: frames.count)
                let expected = windows.first?.shape.dimensions.dropFirst()
                guard
                    expected ?? window.shape.dimensions.dropFirst()
                        == window.shape.dimensions.dropFirst()
                else {
                    throw InputError("\(path): \(WindowFile.name(index)): \(window.shape)")
                }
                windows.append(window)
            }
        }
        self.windows = windows.isEmpty ? nil : windows
        let names = ["latent", "latents"].filter { tensors.contains($0) }
        if let name = names.first {
            blended = try finite(name, frames: plan.frameCount)
        } else if !windows.isEmpty {
            blended = LatentFuser(weights).fuse(windows)
        } else {
            let found = file.names.isEmpty ? "nothing" : file.names.joined(separator: ", ")
            throw InputError("\(path): expected window.0, latent or latents, found \(found)")
        }
        if let first = windows.first {
            guard first.shape.dimensions.dropFirst() == blended.shape.dimensions.dropFirst() else {
                throw InputError(
                    "\(path): windows \(first.shape) do not fit the blend \(blended.shape)"
                )
            }
        }
    }
}
