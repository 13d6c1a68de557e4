import Coordinator
import Scheduling
import Testing

struct MembershipTests {
    private let worker = WorkerID("a")
    private let first = RoutingID(bytes: [1])
    private let second = RoutingID(bytes: [2])

    @Test func `a session lasts as long as its connection`() {
        var membership = Membership()
        var drawn: UInt8 = 0
        func draw() -> [UInt8] {
            drawn += 1
            return [drawn]
        }
        let session = membership.join(worker, at: first, draw: draw)
        let again = membership.join(worker, at: first, draw: draw)
        #expect(again == session)
        #expect(membership.worker(showing: session) == worker)
        let next = membership.join(worker, at: second, draw: draw)
        #expect(next != session)
        #expect(membership.worker(showing: session) == nil)
        #expect(membership.worker(showing: next) == worker)
        #expect(membership.isCurrent(second, of: worker))
        #expect(!membership.isCurrent(first, of: worker))
    }

    @Test func `who left is reached no more`() {
        var membership = Membership()
        let session = membership.join(worker, at: first) { [9] }
        membership.leave(worker)
        #expect(membership.routing(of: worker) == nil)
        #expect(membership.session(of: worker) == nil)
        #expect(membership.worker(showing: session) == nil)
    }
}
