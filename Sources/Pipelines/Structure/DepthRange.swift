package import Tensors

/// The extremes of relative inverse depth over a whole shot.
///
/// Chunks of frames are measured wherever their depth was estimated and the ranges joined, so that
/// all windows are normalised alike: per frame the structure would flicker, per window it would
/// jump where windows meet.
package struct DepthRange: Hashable, Sendable {
    package let least: Float
    package let largest: Float

    /// The range of some frames' depth; nil if there is no finite value.
    package init?(of depth: HostTensor) {
        let finite = depth.values.lazy.filter(\.isFinite)
        guard let least = finite.min(), let largest = finite.max() else { return nil }
        self.init(least: least, largest: largest)
    }

    package init(least: Float, largest: Float) {
        precondition(least <= largest, "a depth range from \(least) to \(largest)")
        self.least = least
        self.largest = largest
    }

    /// The range that holds both.
    package func union(_ other: DepthRange) -> DepthRange {
        DepthRange(least: min(least, other.least), largest: max(largest, other.largest))
    }

    /// Depth in [-1, 1], near bright; 0 everywhere in a shot without any depth.
    package func normalised(_ depth: HostTensor) -> HostTensor {
        // In double: the extent of finite floats can be infinite as a float.
        let extent = Double(largest) - Double(least)
        guard extent > 0 else { return HostTensor(repeating: 0, depth.shape) }
        return HostTensor(
            depth.values.map { value in
                let share = (Double(value) - Double(least)) / extent
                return Float(min(max(share * 2 - 1, -1), 1))
            },
            depth.shape
        )
    }
}
