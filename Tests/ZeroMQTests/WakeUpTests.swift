import Foundation
import Glibc
import Synchronization
import Testing
import ZeroMQ

@Suite(.timeLimit(.minutes(10)))
struct WakeUpTests {
    @Test func `a wake-up from another thread ends a wait, and several are one`() throws {
        let wakeUp = try WakeUp()
        let poller = Poller(wakeUp: wakeUp)
        let thread = Thread {
            for _ in 0..<3 { wakeUp.signal() }
        }
        thread.start()
        #expect(try poller.wait(for: .seconds(30)).wasWoken)
        while !thread.isFinished { usleep(1000) }
        _ = try poller.wait(for: .zero)
        #expect(try !poller.wait(for: .zero).wasWoken)
    }

    @Test func `a signal before the wait is not lost`() throws {
        let wakeUp = try WakeUp()
        wakeUp.signal()
        let poller = Poller(wakeUp: wakeUp)
        #expect(try poller.wait(for: nil).wasWoken)
    }

    @Test func `nothing that is queued before a signal is missed`() throws {
        let wakeUp = try WakeUp()
        let poller = Poller(wakeUp: wakeUp)
        let queue = Mutex<[Int]>([])
        let count = 2000
        for part in 0..<4 {
            Thread {
                for value in 0..<count {
                    queue.withLock { $0.append(part * count + value) }
                    wakeUp.signal()
                }
            }.start()
        }
        var taken: [Int] = []
        while taken.count < 4 * count {
            guard try poller.wait(for: .seconds(30)).wasWoken else {
                Issue.record("no signal for 30 s with \(taken.count) taken")
                return
            }
            taken += queue.withLock { queue in
                defer { queue = [] }
                return queue
            }
        }
        #expect(taken.sorted() == Array(0..<4 * count))
    }
}
