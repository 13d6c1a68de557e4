package import Diffusion
package import Scheduling

/// How one shot becomes work: its windows, its rounds, and the units that follow from them.
package struct JobPlan: Hashable, Sendable {
    package let windows: WindowPlan
    package let fusion: FusionSchedule
    package let work: WorkOutline

    /// Plans a shot.
    ///
    /// - Parameters:
    ///   - windows: The frames of each window.
    ///   - fusion: The steps between two fusions.
    ///   - chunkFrames: Frames of one depth or decode unit, at least 1.
    package init(windows: WindowPlan, fusion: FusionSchedule, chunkFrames: Int) {
        self.windows = windows
        self.fusion = fusion
        work = WorkOutline(
            frameCount: windows.frameCount,
            windows: windows.windows,
            rounds: fusion.rounds,
            chunkFrames: chunkFrames
        )
    }

    /// Frames sampled over frames shown: what the overlaps cost, at least 1.
    package var workFactor: Double {
        let sampled = windows.windows.reduce(0) { $0 + $1.count }
        return Double(sampled) / Double(windows.frameCount)
    }
}
