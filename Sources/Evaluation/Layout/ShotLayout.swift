package import Diffusion

/// The windows that a clip was rendered in: each shot has a plan of its own, as jobs have it.
package struct ShotLayout: Hashable, Sendable {
    /// Frames of the shots, ascending and without gaps from 0.
    package let shots: [Range<Int>]
    /// The windows of each shot, whose frames count from the shot's first.
    package let plans: [WindowPlan]

    /// - Parameters:
    ///   - shots: As above; none empty.
    ///   - length: Frames of a window.
    ///   - overlap: Frames that neighbours share at least.
    /// - Throws: `StitchError` if a number is out of range.
    package init(shots: [Range<Int>], length: Int, overlap: Int) throws(StitchError) {
        precondition(shots.first?.lowerBound == 0, "shots \(shots)")
        precondition(
            zip(shots, shots.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound },
            "shots \(shots)"
        )
        self.shots = shots
        var plans: [WindowPlan] = []
        for shot in shots {
            plans.append(
                try WindowPlan(frameCount: shot.count, length: length, overlap: overlap)
            )
        }
        self.plans = plans
    }

    /// The layout of a clip that is one shot.
    package init(frameCount: Int, length: Int, overlap: Int) throws(StitchError) {
        guard frameCount >= 1 else {
            throw StitchError(.settings, "frames \(frameCount): expected at least 1")
        }
        try self.init(shots: [0..<frameCount], length: length, overlap: overlap)
    }

    package var frameCount: Int { shots.last?.upperBound ?? 0 }

    /// Whether there is a border at all.
    package var hasBorders: Bool { plans.contains { $0.windows.count > 1 } }

    /// The first frames of all shots but the first.
    package var cuts: [Int] { shots.dropFirst().map(\.lowerBound) }

    /// Whether some window holds both of two frames.
    package func areTogether(_ a: Int, _ b: Int) -> Bool {
        guard let index = shots.firstIndex(where: { $0.contains(a) }), shots[index].contains(b)
        else { return false }
        let first = shots[index].lowerBound
        return plans[index].windows(covering: a - first)
            .overlaps(plans[index].windows(covering: b - first))
    }

    /// The transitions at which a seam may show; transition t is from frame t to t + 1.
    ///
    /// Those where the set of windows that hold the frame changes, and the one in the middle of
    /// each overlap of neighbouring windows, where the larger weight passes from one to the other.
    package var borders: Set<Int> { borders(slidBy: 0) }

    /// The borders slid by some transitions within each shot; what leaves it at the end comes in
    /// at its start.
    package func borders(slidBy offset: Int) -> Set<Int> {
        var result: Set<Int> = []
        for (shot, plan) in zip(shots, plans) where shot.count > 1 {
            for transition in Self.borders(of: plan) {
                result.insert(shot.lowerBound + (transition + offset) % (shot.count - 1))
            }
        }
        return result
    }

    /// Transitions inside shots: all that are no cuts.
    package var transitions: [Int] {
        shots.flatMap { Array($0.dropLast()) }
    }

    /// The mean distance of window starts in the shot that has the most windows, in frames; nil if
    /// no shot has two.
    package var stride: Double? {
        guard let plan = plans.max(by: { $0.windows.count < $1.windows.count }),
            plan.windows.count > 1, let last = plan.windows.last
        else { return nil }
        return Double(last.lowerBound) / Double(plan.windows.count - 1)
    }

    private static func borders(of plan: WindowPlan) -> Set<Int> {
        var result: Set<Int> = []
        for frame in 0..<plan.frameCount - 1
        where plan.windows(covering: frame) != plan.windows(covering: frame + 1) {
            result.insert(frame)
        }
        for overlap in plan.overlaps where overlap.right == overlap.left + 1 {
            result.insert((overlap.frames.lowerBound + overlap.frames.upperBound) / 2 - 1)
        }
        return result
    }
}
