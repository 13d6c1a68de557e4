package import Scheduling
package import Tensors
package import WireProtocol

/// Which worker made which units of a job.
package struct WorkShares: Hashable, Sendable {
    /// What one worker made on one class of device.
    package struct Share: Hashable, Sendable {
        package let worker: WorkerID
        package let name: String
        package let deviceClass: String
        /// In the order of the plan.
        package let units: [UnitKey]
    }

    /// By the names of the workers.
    package let shares: [Share]

    package init(_ origins: [UnitOrigin]) {
        let groups = Dictionary(grouping: origins) { origin in
            Maker(
                name: origin.name,
                worker: origin.worker.name,
                deviceClass: origin.deviceClass
            )
        }
        shares = groups.sorted { $0.key < $1.key }.map { maker, origins in
            Share(
                worker: WorkerID(maker.worker),
                name: maker.name,
                deviceClass: maker.deviceClass,
                units: origins.map(\.unit).sorted()
            )
        }
    }

    /// Workers that are named in a text; `--json` has all.
    private static let namedMax = 16

    /// A row for each worker, for reports; none where all was made by one.
    package var rows: [(String, String)] {
        guard shares.count > 1 else { return [] }
        let named = shares.prefix(Self.namedMax).map { share -> (String, String) in
            let counts = UnitKind.allCases.compactMap { kind -> String? in
                let count = share.units.count { $0.unit.kind == kind }
                return count == 0 ? nil : "\(kind.rawValue) \(count)"
            }
            let name = share.name.isEmpty ? share.worker.name : share.name
            return ("by \(name)", "\(counts.joined(separator: ", ")) on \(share.deviceClass)")
        }
        let others = shares.count - named.count
        return named + (others > 0 ? [("by others", "\(others) more workers")] : [])
    }

    /// For `made_by` of a job's object.
    package var json: JSONValue {
        .array(
            shares.map { share in
                .object([
                    "worker": .string(share.worker.name),
                    "name": .string(share.name),
                    "device_class": .string(share.deviceClass),
                    "units": .array(share.units.map { .string($0.description) }),
                ])
            }
        )
    }

    private struct Maker: Hashable, Comparable {
        let name: String
        let worker: String
        let deviceClass: String

        static func < (left: Maker, right: Maker) -> Bool {
            (left.name, left.worker, left.deviceClass)
                < (right.name, right.worker, right.deviceClass)
        }
    }
}

extension FarmClient {
    /// Which worker made which units of a job; nil from a coordinator that does not tell.
    package func workShares(of job: JobID) throws(FarmClientError) -> WorkShares? {
        do throws(FarmClientError) {
            return WorkShares(try units(of: job))
        } catch {
            // What an older one answers to a request that it does not know.
            guard error.code == .refused(.malformed) else { throw error }
            return nil
        }
    }
}
