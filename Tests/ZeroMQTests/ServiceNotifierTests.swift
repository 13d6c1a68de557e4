import Foundation
import TestSupport
import Testing
import ZeroMQ

struct ServiceNotifierTests {
    /// The service manager's end.
    final class Manager {
        let folder: TemporaryFolder
        let descriptor: Int32
        let address: String

        /// Listens at a path, or with `@` at a name outside the file system.
        init(isAbstract: Bool) throws {
            folder = try TemporaryFolder()
            let path = folder("notify")
            address = isAbstract ? "@\(path)" : path
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            let bytes = (isAbstract ? [0] : []) + Array(path.utf8)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
            let status = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length)
                }
            }
            try #require(status == 0, "bind: \(errno)")
        }

        deinit { close(descriptor) }

        /// The next datagram; nil if there is none.
        func next() -> String? {
            var bytes = [UInt8](repeating: 0, count: 1000)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    @Test(arguments: [false, true])
    func `each word is one datagram`(isAbstract: Bool) throws {
        let manager = try Manager(isAbstract: isAbstract)
        let notifier = ServiceNotifier(socket: manager.address, watchdogMicroseconds: nil)
        #expect(notifier.isActive)
        notifier.ready()
        notifier.status("two\nlines")
        notifier.stopping(within: .seconds(90))
        notifier.isWell()
        #expect(manager.next() == "READY=1")
        #expect(manager.next() == "STATUS=two lines")
        #expect(manager.next() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=90000000")
        #expect(manager.next() == "WATCHDOG=1")
        #expect(manager.next() == nil)
    }

    @Test func `the watchdog is told twice as often as it wants, if it is ours`() {
        func interval(_ text: String?, _ process: String? = nil) -> Duration? {
            ServiceNotifier(
                socket: nil,
                watchdogMicroseconds: text,
                watchdogProcess: process
            ).watchdogInterval
        }
        #expect(interval("30000000") == .seconds(15))
        #expect(interval("30000000", "\(getpid())") == .seconds(15))
        #expect(interval("30000000", "1") == nil)
        #expect(interval(nil) == nil && interval("soon") == nil && interval("0") == nil)
    }

    @Test(arguments: [nil, "", "relative", "@", "/" + String(repeating: "x", count: 200)])
    func `without a socket that can be there nothing is told`(socket: String?) {
        let notifier = ServiceNotifier(socket: socket, watchdogMicroseconds: nil)
        #expect(!notifier.isActive)
        notifier.ready()
    }

    @Test func `a manager that is gone does no harm`() throws {
        let folder = try TemporaryFolder()
        let notifier = ServiceNotifier(socket: folder("gone"), watchdogMicroseconds: nil)
        notifier.ready()
        notifier.isWell()
    }
}
