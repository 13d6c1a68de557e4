import Foundation
import Glibc
import Scheduling
import Synchronization

/// The child process of a worker: takes requests, computes one unit at a time, and answers.
///
/// Requests are read by a thread of their own, so that a stop arrives while a unit runs, and so
/// that the end of the worker is the end of this process, whatever it computes.
package final class RunnerLoop: Sendable {
    private let requests: Int32
    private let replies: ReplyWriter
    private let inbox = RunnerInbox()
    private let end: @Sendable (Int32) -> Void

    /// - Parameters:
    ///   - requests: Descriptor of the lines that come in.
    ///   - replies: Descriptor of the lines that go out.
    ///   - end: Ends the process with a status, whatever it computes: 0 when the worker is gone, 69
    ///     when the device broke, 76 when the worker says something that means nothing.
    package init(
        requests: Int32 = STDIN_FILENO,
        replies: Int32 = 3,
        end: @escaping @Sendable (Int32) -> Void = { exit($0) }
    ) {
        self.requests = requests
        self.replies = ReplyWriter(replies)
        self.end = end
    }

    /// Answers requests until there are no more.
    ///
    /// - Parameter computer: Made on the thread that calls, which also computes.
    package func run(_ computer: some UnitComputer) {
        let reader = Thread { [self] in read() }
        reader.name = "weft requests"
        reader.start()
        replies.send(.ready(deviceClass: computer.deviceClass))
        while let order = inbox.next() {
            compute(order, computer)
        }
    }

    private func compute(_ order: RunnerOrder, _ computer: some UnitComputer) {
        let lease = order.lease
        do {
            let progress: RunnerProgress = { [inbox, replies] phase, done in
                guard !inbox.isStopped(lease) else { throw RunnerStop() }
                replies.send(.progress(lease, phase: phase, done: done))
            }
            if order.calibrates { try calibrate(order, computer, progress) }
            try computer.compute(order, progress: progress)
            replies.send(.finished(lease))
        } catch let error as UnitComputerError {
            replies.send(.failed(lease, error.failure))
        } catch is RunnerStop {
            replies.send(.failed(lease, UnitFailure(.infrastructure, "stopped when asked to")))
        } catch {
            replies.send(.failed(lease, UnitFailure(.worker, "\(error)")))
        }
        inbox.finished(lease)
        // A device that broke stays broken for this process.
        if !computer.isUsable { close(69) }
    }

    /// What cannot be calibrated is told and not compared; the unit shows by itself what is wrong.
    private func calibrate(
        _ order: RunnerOrder,
        _ computer: some UnitComputer,
        _ progress: @escaping RunnerProgress
    ) throws {
        do {
            guard let values = try computer.calibration(of: order, progress: progress) else {
                return
            }
            replies.send(.calibrated(order.lease, values))
        } catch is RunnerStop {
            throw RunnerStop()
        } catch {
            replies.complain("not calibrated: \(error)")
        }
    }

    private func close(_ status: Int32) {
        end(status)
        inbox.close()
    }

    /// Reads until the worker is gone or says something that means nothing.
    private func read() {
        var lines = LineBuffer(bytesMax: RunnerLine.bytesMax)
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe Glibc.read(requests, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            // The worker is gone: nobody wants what is being computed.
            guard count > 0 else { return close(0) }
            lines.append(Array(chunk[..<count]))
            do {
                while let line = try lines.next() {
                    switch try RunnerRequest(line: line) {
                    case .run(let order): inbox.add(order)
                    case .stop(let lease): inbox.stop(lease)
                    }
                }
            } catch {
                replies.complain("\(error)")
                return close(76)
            }
        }
    }
}

/// Thrown out of a unit that is to stop.
private struct RunnerStop: Error {}

/// Orders that wait, and the leases that are to stop.
///
/// Safe to share: all state is touched under the condition's lock only.
private final class RunnerInbox: @unchecked Sendable {
    private let condition = NSCondition()
    private var orders: [RunnerOrder] = []
    private var stopped: Set<Lease> = []
    private var isClosed = false

    /// Nothing more will come: whoever waits goes on without.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    func add(_ order: RunnerOrder) {
        condition.lock()
        orders.append(order)
        condition.signal()
        condition.unlock()
    }

    func next() -> RunnerOrder? {
        condition.lock()
        defer { condition.unlock() }
        while orders.isEmpty, !isClosed { condition.wait() }
        return orders.isEmpty ? nil : orders.removeFirst()
    }

    func stop(_ lease: Lease) {
        condition.lock()
        stopped.insert(lease)
        condition.unlock()
    }

    func isStopped(_ lease: Lease) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        return stopped.contains(lease)
    }

    func finished(_ lease: Lease) {
        condition.lock()
        stopped.remove(lease)
        condition.unlock()
    }
}

/// Writes whole lines, from whichever thread.
private final class ReplyWriter: Sendable {
    private let file: Mutex<FileHandle>

    init(_ descriptor: Int32) {
        file = Mutex(FileHandle(fileDescriptor: descriptor, closeOnDealloc: false))
    }

    func send(_ reply: RunnerReply) {
        let line = Data(reply.line)
        // A worker that is gone shows as the end of the requests.
        file.withLock { try? $0.write(contentsOf: line) }
    }

    func complain(_ sentence: String) {
        let text = "weft worker-runner: \(sentence)\n"
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
