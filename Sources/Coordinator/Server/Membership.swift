package import Scheduling

/// Where each worker can be reached, and what it shows on its bulk connection.
package struct Membership {
    private var members: [WorkerID: Member] = [:]
    private var workers: [[UInt8]: WorkerID] = [:]

    package init() {}

    private struct Member {
        var routing: RoutingID
        var session: [UInt8]
    }

    /// A worker introduced itself.
    ///
    /// - Parameters:
    ///   - worker: Who it is.
    ///   - routing: Its connection; a later one takes the place of an earlier one.
    ///   - draw: Makes a session, 16 bytes.
    /// - Returns: Its session: the same while it stays on its connection, so that the bulk
    ///   connection it has goes on.
    package mutating func join(
        _ worker: WorkerID,
        at routing: RoutingID,
        draw: () -> [UInt8]
    ) -> [UInt8] {
        if let member = members[worker], member.routing == routing { return member.session }
        leave(worker)
        let session = draw()
        members[worker] = Member(routing: routing, session: session)
        workers[session] = worker
        return session
    }

    package mutating func leave(_ worker: WorkerID) {
        guard let member = members.removeValue(forKey: worker) else { return }
        workers[member.session] = nil
    }

    package func routing(of worker: WorkerID) -> RoutingID? { members[worker]?.routing }

    package func session(of worker: WorkerID) -> [UInt8]? { members[worker]?.session }

    package func worker(showing session: [UInt8]) -> WorkerID? { workers[session] }

    /// Whether this connection is still the one of `worker`.
    package func isCurrent(_ routing: RoutingID, of worker: WorkerID) -> Bool {
        members[worker]?.routing == routing
    }
}
