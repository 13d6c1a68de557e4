/// A worker's numbers; `Docs/Operating.md` gives the reasons.
package struct WorkerTimes: Hashable, Sendable {
    package var heartbeat = Duration.seconds(2)
    /// An introduction, and a delivery that was not acknowledged, is repeated after this long.
    package var retry = Duration.seconds(3)
    /// After hearing nothing for this long the worker introduces itself again, and starts nothing
    /// until it is answered.
    package var silence = Duration.seconds(10)
    /// A runner that has not stopped by then is killed.
    package var interruptGrace = Duration.seconds(10)
    /// Without a coordinator for this long the worker ends.
    package var orphanTimeout = Duration.seconds(1800)
    /// A draining worker that is not done by then gives up.
    package var drainGrace = Duration.seconds(120)
    /// A worker that gives everything back still delivers finished results for this long.
    package var farewell = Duration.seconds(5)

    package init() {}
}
