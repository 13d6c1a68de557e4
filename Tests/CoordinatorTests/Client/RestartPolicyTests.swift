import Coordinator
import Testing

struct RestartPolicyTests {
    @Test func `a worker that worked is started again at once, for ever`() {
        var policy = RestartPolicy()
        for _ in 0..<1000 {
            #expect(policy.died(.killed(11), after: 30) == .restart(after: 0))
        }
    }

    @Test func `a worker that dies at its start is given up after growing pauses`() {
        var policy = RestartPolicy()
        var pauses: [Double] = []
        while case .restart(let pause) = policy.died(.exited(1), after: 0.1) {
            pauses.append(pause)
        }
        #expect(pauses.count == RestartPolicy.earlyDeathsMax)
        #expect(pauses == pauses.sorted() && pauses.allSatisfy { $0 > 0 && $0 <= 5 })
    }

    @Test func `work in between forgives`() {
        var policy = RestartPolicy()
        for _ in 0..<100 {
            #expect(policy.died(.killed(6), after: 1) == .restart(after: 0.2))
            #expect(policy.died(.killed(6), after: 60) == .restart(after: 0))
        }
    }

    @Test func `whoever kills workers does not wear them out`() {
        var policy = RestartPolicy()
        for _ in 0..<100 { #expect(policy.died(.killed(9), after: 0.1) == .restart(after: 0.2)) }
    }

    @Test(arguments: [76, 77] as [Int32])
    func `a worker that is not let in is not tried again`(status: Int32) {
        var policy = RestartPolicy()
        guard case .giveUp = policy.died(.exited(status), after: 100) else {
            Issue.record("tried again")
            return
        }
    }
}
