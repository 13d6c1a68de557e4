package import Scheduling

/// What a runner computes units with: the networks, or a stub of them.
package protocol UnitComputer {
    /// Devices of equal class give the same bits.
    var deviceClass: String { get }

    /// Computes a unit and writes its result to the order's output.
    ///
    /// - Parameters:
    ///   - order: The unit.
    ///   - progress: Told before each step or frame; throws to stop.
    /// - Throws: `UnitFailure` in an error, or what `progress` throws.
    func compute(_ order: RunnerOrder, progress: @escaping RunnerProgress) throws
    /// Makes of made-up frames what depends on the order's job and the class of devices alone.
    ///
    /// - Parameters:
    ///   - order: The next unit.
    ///   - progress: Told before each step; throws to stop.
    /// - Returns: Values to compare with those of other classes; nil if there are none.
    /// - Throws: As `compute`.
    func calibration(of order: RunnerOrder, progress: @escaping RunnerProgress) throws -> [Float]?
    /// Whether it can compute another unit after one that failed; if not, its process ends and the
    /// worker starts another.
    var isUsable: Bool { get }
}

extension UnitComputer {
    package func calibration(
        of order: RunnerOrder,
        progress: @escaping RunnerProgress
    ) throws -> [Float]? {
        nil
    }

    package var isUsable: Bool { true }
}

/// Told what a unit is doing and how many of its steps or frames are done.
package typealias RunnerProgress = (UnitPhase, Int) throws -> Void

/// A unit that has no result, as an error.
package struct UnitComputerError: Error, Hashable, Sendable, CustomStringConvertible {
    package let failure: UnitFailure

    package init(_ failureClass: FailureClass, _ reason: String) {
        failure = UnitFailure(failureClass, reason)
    }

    package var description: String { failure.reason }
}
