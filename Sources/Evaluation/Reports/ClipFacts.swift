import Pipelines
package import Tensors

/// A clip with what networks and the classical flow say of it alone.
package struct ClipFacts {
    package let clip: DecodedClip
    package let embeddings: Obtained<[[Float]]>
    /// Relative inverse depth, `[F, H, W]`.
    package let depth: Obtained<HostTensor>
    /// The classical flow of each transition, with its mask if it was asked for.
    package let flows: [MaskedFlow]

    /// - Parameters:
    ///   - clip: The clip.
    ///   - model: Whose networks look at it; nil if networks are left out.
    ///   - hasMasks: Whether flows are to be trusted or not pixel by pixel, for twice the time.
    /// - Throws: What the networks throw.
    package init(_ clip: DecodedClip, _ model: EvaluationModel?, hasMasks: Bool) throws {
        self.clip = clip
        let pictures = clip.pictures
        embeddings = try model?.embeddings(of: pictures) ?? .leftOut
        depth = try model?.depth(of: pictures) ?? .leftOut
        flows = Self.flows(pictures, hasMasks: hasMasks)
    }

    package init(
        _ clip: DecodedClip,
        embeddings: Obtained<[[Float]]>,
        depth: Obtained<HostTensor>,
        flows: [MaskedFlow]
    ) {
        self.clip = clip
        self.embeddings = embeddings
        self.depth = depth
        self.flows = flows
    }

    /// The mean length of the flow over transitions that are no cuts, in pixels; nil without one.
    package var motion: Double? {
        let cuts = Set(clip.cuts.map { $0 - 1 })
        let lengths = flows.indices.filter { !cuts.contains($0) }.map { flows[$0].flow.meanLength }
        return lengths.isEmpty ? nil : Statistics.mean(lengths)
    }

    /// The flows of a clip's transitions, all processors at once.
    private static func flows(_ clip: Pictures, hasMasks: Bool) -> [MaskedFlow] {
        concurrentValues(max(0, clip.count - 1)) { frame in
            let (now, next) = (
                GreyPlane(clip, frame: frame), GreyPlane(clip, frame: frame + 1)
            )
            if hasMasks { return OpticalFlow.masked(from: now, to: next) }
            let flow = OpticalFlow.flow(from: now, to: next)
            return MaskedFlow(flow, isSeen: [Bool](repeating: true, count: flow.u.count))
        }
    }
}
