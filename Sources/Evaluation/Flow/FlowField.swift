package import Tensors

/// By how many pixels, to the right and down, the point at each pixel's centre is elsewhere in the
/// next frame.
package struct FlowField: Hashable, Sendable {
    package let width: Int
    package let height: Int
    /// `[height, width]` each.
    package var u: [Float]
    package var v: [Float]

    package init(width: Int, height: Int, u: [Float], v: [Float]) {
        precondition(
            width > 0 && height > 0 && u.count == width * height && v.count == u.count,
            "a flow of \(u.count) and \(v.count) values for \(width)x\(height)"
        )
        self.width = width
        self.height = height
        self.u = u
        self.v = v
    }

    /// From `[height, width, 2]`, as the truth of scenes has it.
    package init(width: Int, height: Int, interleaved: ArraySlice<Float>) {
        let start = interleaved.startIndex
        let places = 0..<interleaved.count / 2
        self.init(
            width: width,
            height: height,
            u: places.map { interleaved[start + 2 * $0] },
            v: places.map { interleaved[start + 2 * $0 + 1] }
        )
    }

    /// The mean length, in pixels.
    package var meanLength: Double {
        let sum = zip(u, v).reduce(0) { sum, step in
            let (x, y) = (Double(step.0), Double(step.1))
            return sum + (x * x + y * y).squareRoot()
        }
        return sum / Double(u.count)
    }
}

/// A flow and where it can be trusted: not where the point is hidden or has left the picture.
package struct MaskedFlow: Hashable, Sendable {
    package let flow: FlowField
    /// `[height, width]`.
    package let isSeen: [Bool]

    package init(_ flow: FlowField, isSeen: [Bool]) {
        precondition(isSeen.count == flow.u.count, "a mask of \(isSeen.count) pixels")
        self.flow = flow
        self.isSeen = isSeen
    }

    /// The truth of a clip's frames, one flow for each, as `weft scene --truth` has it.
    ///
    /// - Parameters:
    ///   - flow: `[F, H, W, 2]`.
    ///   - visibility: `[F, H, W]`, 1 where the point is seen in the next frame.
    /// - Returns: F flows; the last goes beyond the clip.
    package static func truth(flow: HostTensor, visibility: HostTensor) -> [MaskedFlow] {
        precondition(
            flow.shape.rank == 4 && flow.shape[3] == 2
                && Array(flow.shape.dimensions.dropLast()) == visibility.shape.dimensions,
            "flow \(flow.shape) with visibility \(visibility.shape)"
        )
        let (height, width) = (flow.shape[1], flow.shape[2])
        let size = height * width
        return (0..<flow.shape[0]).map { frame in
            let part = flow.values[frame * size * 2..<(frame + 1) * size * 2]
            return MaskedFlow(
                FlowField(width: width, height: height, interleaved: part),
                isSeen: visibility.values[frame * size..<(frame + 1) * size].map { $0 > 0 }
            )
        }
    }
}
