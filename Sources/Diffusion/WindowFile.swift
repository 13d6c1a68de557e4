package import Tensors

/// Sampled windows in a safetensors file: a tensor `window.{k}` `[L, ...]` for each window k of a
/// layout, whose first axis is frames, and nothing else.
package struct WindowFile: Sendable {
    private let windows: [StoredTensor]

    /// Checks names and shapes; reads no values.
    ///
    /// - Throws: `StitchError` if a window is missing, of another shape or not floating-point, or
    ///   if the file holds anything else.
    package init(_ file: SafetensorsFile, plan: WindowPlan) throws(StitchError) {
        var windows: [StoredTensor] = []
        for (index, frames) in plan.windows.enumerated() {
            let name = Self.name(index)
            guard let tensor = file.tensor(named: name) else {
                throw StitchError(
                    .windows,
                    "\(name): missing from \(file.path), expected \(plan.windows.count) windows"
                )
            }
            let frameShape = (windows.first ?? tensor).shape.dimensions.dropFirst()
            let expected = Shape([frames.count] + frameShape)
            guard tensor.shape == expected, tensor.shape.count > 0 else {
                throw StitchError(
                    .windows,
                    "\(name): expected \(expected), found \(tensor.shape) in \(file.path)"
                )
            }
            guard tensor.scalarType.isFloatingPoint else {
                throw StitchError(
                    .windows,
                    "\(name): expected floating-point values, found \(tensor.scalarType.rawValue) "
                        + "in \(file.path)"
                )
            }
            windows.append(tensor)
        }
        let known = Set(windows.map(\.name))
        if let stranger = file.names.first(where: { !known.contains($0) }) {
            throw StitchError(
                .windows,
                "\(stranger): not one of the \(windows.count) windows of this layout, in "
                    + file.path
            )
        }
        self.windows = windows
    }

    /// The latents of all windows.
    ///
    /// - Throws: `StitchError` if a value is not finite, which blending would spread.
    package func latents() throws(StitchError) -> [HostTensor] {
        var latents: [HostTensor] = []
        for window in windows {
            let tensor = window.hostTensor()
            guard tensor.values.allSatisfy(\.isFinite) else {
                throw StitchError(.windows, "\(window.name): holds values that are not finite")
            }
            latents.append(tensor)
        }
        return latents
    }

    /// What the tensor of `window` is called.
    package static func name(_ window: Int) -> String {
        "window.\(window)"
    }
}
