import Diffusion
package import Scheduling
package import WireProtocol

/// What the classes of devices of one job made of the same input, and how far they are apart.
///
/// Values are kept while the job runs; what was found out about them is in the ledger.
package struct DeviceCalibrations: Hashable, Sendable {
    /// By the names of the classes, one of each pair.
    package private(set) var deviations: [DeviceDeviation] = []
    private var values: [String: [Float]] = [:]
    private var askedCounts: [String: Int] = [:]

    /// A worker that was asked may be lost, or be of no use; after so many a class is left alone.
    private static let asksMax = 3

    /// Goes on from what the ledger has.
    package init(_ deviations: [DeviceDeviation] = []) {
        self.deviations = deviations
    }

    /// Whether a class is to be asked for its values with the unit that it is offered now, where
    /// there is another class to compare it with; false for ever once there are values.
    package mutating func isToAsk(_ deviceClass: String) -> Bool {
        guard values[deviceClass] == nil, askedCounts[deviceClass, default: 0] < Self.asksMax,
            askedCounts.count < WireLimits.deviceClasses || askedCounts[deviceClass] != nil
        else { return false }
        askedCounts[deviceClass, default: 0] += 1
        return true
    }

    /// Keeps the values of a class that was asked, and compares them with those of all others.
    ///
    /// - Returns: What is new.
    package mutating func add(_ own: [Float], of deviceClass: String) -> [DeviceDeviation] {
        guard values[deviceClass] == nil, askedCounts[deviceClass] != nil, !own.isEmpty else {
            return []
        }
        let found = values.sorted { $0.key < $1.key }.compactMap { other, theirs in
            Self.ratio(own, theirs).map { DeviceDeviation(deviceClass, other, ratio: $0) }
        }
        values[deviceClass] = own
        for new in found {
            deviations.removeAll { ($0.first, $0.second) == (new.first, new.second) }
            deviations.append(new)
        }
        deviations.sort { ($0.first, $0.second) < ($1.first, $1.second) }
        return found
    }

    /// A job that ended needs no more than what was found out; if it goes on, classes are asked
    /// again and give the same values.
    package mutating func forgetValues() {
        values = [:]
        askedCounts = [:]
    }

    /// D / (2σ²) with the mean of both variances, as of overlaps; nil for lists that cannot be of
    /// one input.
    package static func ratio(_ left: [Float], _ right: [Float]) -> Double? {
        guard left.count == right.count, !left.isEmpty else { return nil }
        return Disagreement(left[...], right[...]).finiteRatio
    }
}

/// The classes of devices of the workers that are connected.
package struct ConnectedDevices: Hashable, Sendable {
    private var classes: [WorkerID: String] = [:]
    /// Workers of each class: an offer asks at once whether there are several.
    private var counts: [String: Int] = [:]

    package init() {}

    package subscript(_ worker: WorkerID) -> String? {
        get { classes[worker] }
        set {
            if let old = classes[worker], let count = counts[old] {
                counts[old] = count > 1 ? count - 1 : nil
            }
            classes[worker] = newValue
            if let newValue { counts[newValue, default: 0] += 1 }
        }
    }

    package func hasOther(than deviceClass: String) -> Bool {
        counts.count > 1 || (counts.count == 1 && counts[deviceClass] == nil)
    }
}
