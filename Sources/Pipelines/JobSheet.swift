package import FFmpeg
package import Models
package import Tensors

/// What became of a clip, as one picture: rows of its frames, of their depth as the network sees
/// it, and of the frames that were made of them.
package struct JobSheet: Sendable {
    /// Columns of a sheet.
    package static let columnsMax = 8
    /// Small pictures are shown larger, up to this side in pixels.
    private static let sideMax = 256

    package let inputs: [VideoFrame]
    /// Relative inverse depth of the inputs, `[count, H, W]`.
    package let depth: HostTensor
    package let level: StructureLevel
    package let outputs: [VideoFrame]

    /// - Parameters:
    ///   - inputs: Frames of the clip, at least one, at the size of the job.
    ///   - depth: Of these frames; normalised over them.
    ///   - level: t_s.
    ///   - outputs: The frames that were made of them.
    package init(
        inputs: [VideoFrame],
        depth: HostTensor,
        level: StructureLevel,
        outputs: [VideoFrame]
    ) {
        precondition(
            !inputs.isEmpty && outputs.count == inputs.count && depth.shape[0] == inputs.count,
            "\(inputs.count) frames, \(depth.shape) of depth, \(outputs.count) results"
        )
        self.inputs = inputs
        self.depth = depth
        self.level = level
        self.outputs = outputs
    }

    /// Numbers of frames spread evenly, first and last among them; all if there are few.
    ///
    /// - Parameter total: Frames of the clip, at least one.
    /// - Returns: Ascending numbers, up to `columnsMax` of them.
    package static func frames(of total: Int) -> [Int] {
        let count = min(total, columnsMax)
        return (0..<count).map { count == 1 ? 0 : $0 * (total - 1) / (count - 1) }
    }

    /// The sheet: three rows, a column a frame.
    package var image: RGBImage {
        let seen = level.applied(to: DepthRange(of: depth)?.normalised(depth) ?? depth)
        let (height, width) = (depth.shape[1], depth.shape[2])
        let size = height * width
        let maps = inputs.indices.map { index in
            HostTensor(Array(seen.values[index * size..<(index + 1) * size]), [height, width])
        }
        let sheet = ContactSheet.image([inputs.map(Self.tensor), maps, outputs.map(Self.tensor)])
        return sheet.enlarged(by: max(1, Self.sideMax / max(height, width)))
    }

    private static func tensor(_ frame: VideoFrame) -> HostTensor {
        let picture = Pictures(
            count: 1,
            height: frame.height,
            width: frame.width,
            bytes: frame.pixels
        )
        return picture.tensor.reshaped([frame.height, frame.width, 3])
    }
}
