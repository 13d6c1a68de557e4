package import Scheduling
package import WireProtocol

/// What a job will take, from its specification and its shots.
///
/// `Docs/CommandLine.md` has the formulas.
package struct JobEstimate: Hashable, Sendable {
    /// What was chosen, and what the model or weft chose where nothing was.
    package let job: JobSpecification
    package let frames: Int
    package let shots: [ShotOutline]
    package let windows: Int
    /// Frames in all windows; over `frames`, what the overlaps cost.
    package let sampledFrames: Int
    package let units: [UnitKind: Int]
    /// Rounds of a shot: step ranges that windows run through on their own.
    package let rounds: [Range<Int>]
    /// Blends: one after each round of each shot that has more than one window.
    package let fusions: Int
    /// Pairs of windows that share frames, over all shots.
    package let overlaps: Int
    /// Steps of all windows; a step is two or three evaluations of the network over a window.
    package let steps: Int
    /// Most that the coordinator's state holds at a time, without the output itself.
    package let stateBytes: Int
    /// Most that a coordinator keeps of what was used last, whatever the job.
    static let cacheBytes = CoordinatorLimits().cacheBytes
    /// Most that fusing and the pictures on their way take in the coordinator's memory.
    package let coordinatorBytes: Int
    /// Most that a worker holds besides its network: the inputs and results of two units.
    package let workerBytes: Int
    /// From the coordinator to workers, if every window stays with its worker.
    package let sentBytes: Int
    /// From workers to the coordinator.
    package let receivedBytes: Int

    /// Counts units and bytes.
    ///
    /// - Parameters:
    ///   - job: The specification.
    ///   - shots: The job's shots as planning finds them, at least one.
    package init(_ job: JobSpecification, shots: [ShotOutline]) {
        precondition(!shots.isEmpty, "a job without a shot")
        let sizes = FrameBytes(job)
        let works = shots.map(\.work)
        func sum(_ value: (WorkOutline) -> Int) -> Int { works.reduce(0) { $0 + value($1) } }
        func sampled(_ work: WorkOutline) -> Int { work.windows.reduce(0) { $0 + $1.count } }

        self.job = job
        self.shots = shots
        frames = sum(\.frameCount)
        windows = sum(\.windows.count)
        sampledFrames = sum(sampled)
        rounds = works[0].rounds
        let rounds = works[0].rounds.count
        let stepsPerWindow = works[0].rounds.reduce(0) { $0 + $1.count }
        let chunks = sum(\.chunks.count)
        units = [
            .content: 1, .depth: chunks, .sample: windows * rounds, .decode: chunks,
        ]
        fusions = works.count { $0.windows.count > 1 } * rounds
        overlaps = sum(Self.overlaps)
        steps = windows * stepsPerWindow

        // Depth goes when its shot is sampled and a window's latents two rounds later; shots run
        // side by side, so the bound counts all of them.
        let latents = sampledFrames * sizes.latents
        stateBytes = frames * (sizes.depth + sizes.picture) + 2 * latents
        let window = works.map { $0.windows.map(\.count).max() ?? 1 }.max() ?? 1
        let chunk = works.map { min($0.chunkFrames, $0.frameCount) }.max() ?? 1
        // Sums of a blend are doubles, and three windows at most touch with less than half overlap.
        coordinatorBytes =
            3 * window * sizes.latents + 2 * window * sizes.latents + 4 * chunk * sizes.picture
            + 2 * chunk * sizes.depth
        workerBytes =
            2
            * max(
                window
                    * (sizes.depth + 2 * sizes.latents + (sizes.needsSource ? sizes.picture : 0)),
                chunk * (sizes.picture + max(sizes.depth, sizes.latents))
            )
        let firstRound =
            sampledFrames
            * (sizes.depth + (sizes.needsSource ? sizes.picture + sizes.mask : 0))
        sentBytes =
            frames * sizes.picture + firstRound + (rounds - 1) * latents + frames * sizes.latents
        receivedBytes = frames * (sizes.depth + sizes.picture) + rounds * latents
    }

    /// Frames sampled over frames shown, at least 1.
    package var workFactor: Double { Double(sampledFrames) / Double(frames) }

    private static func overlaps(_ work: WorkOutline) -> Int {
        // Starts and ends ascend, so a window touches the ones that follow up to the first that
        // starts after its end.
        var count = 0
        var next = 0
        for index in work.windows.indices {
            next = max(next, index + 1)
            while next < work.windows.count,
                work.windows[next].lowerBound < work.windows[index].upperBound
            {
                next += 1
            }
            count += next - index - 1
        }
        return count
    }
}

/// Bytes of one frame in the tensors of a job; the types are those of `InputDescription`.
private struct FrameBytes {
    let picture: Int
    let depth: Int
    let latents: Int
    let mask: Int
    let needsSource: Bool

    init(_ job: JobSpecification) {
        let pixels = Int(job.width) * Int(job.height)
        let scale = Int(job.latentScale)
        let cells = (Int(job.width) / scale) * (Int(job.height) / scale)
        picture = 3 * pixels
        depth = 4 * pixels
        latents = 4 * cells * Int(job.latentChannels)
        mask = job.mask == nil ? 0 : 4 * cells
        needsSource = job.strength < 1 || job.mask != nil
    }
}
