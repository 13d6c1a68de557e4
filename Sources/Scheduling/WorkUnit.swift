/// A piece of a job that one worker does without asking anybody, given what its dependencies made.
///
/// A unit keeps no state, so running it twice does no harm and the first valid result wins.
package struct WorkUnit: Hashable, Sendable {
    package let id: UnitID
    /// Frames of the shot it reads and makes; empty for the content unit.
    package let frames: Range<Int>
    /// Sampler steps it takes, 0 the noisiest; empty for all but sample units.
    package let steps: Range<Int>
    /// Units whose results it needs, in order.
    package let dependencies: [UnitID]

    package init(
        _ id: UnitID,
        frames: Range<Int>,
        steps: Range<Int> = 0..<0,
        dependencies: [UnitID]
    ) {
        precondition(steps.isEmpty != (id.kind == .sample), "\(id) with steps \(steps)")
        precondition(frames.isEmpty == (id.kind == .content), "\(id) with frames \(frames)")
        precondition(dependencies.allSatisfy { $0 < id }, "\(id) needs a unit that comes after it")
        self.id = id
        self.frames = frames
        self.steps = steps
        self.dependencies = dependencies
    }
}
