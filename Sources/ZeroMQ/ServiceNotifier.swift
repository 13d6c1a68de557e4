import Glibc

/// Tells the service manager how a daemon is, by systemd's protocol: datagrams to the socket that
/// `NOTIFY_SOCKET` names.
///
/// Without a service manager nothing is told. Failures are of no consequence: the daemon works.
package struct ServiceNotifier: Sendable {
    private let address: [UInt8]?
    /// How often the manager wants to hear that the daemon is well; nil for never.
    package let watchdogInterval: Duration?

    /// Reads the environment of this process.
    package init() {
        func text(_ name: String) -> String? {
            unsafe getenv(name).map { unsafe String(cString: $0) }
        }
        self.init(
            socket: text("NOTIFY_SOCKET"),
            watchdogMicroseconds: text("WATCHDOG_USEC"),
            // A parent's watchdog is not that of its children.
            watchdogProcess: text("WATCHDOG_PID")
        )
    }

    /// Takes what the environment says.
    ///
    /// - Parameters:
    ///   - socket: Path of a socket, or after an `@` a name outside the file system; nil for none.
    ///   - watchdogMicroseconds: Silence after which the manager ends the daemon; nil for none.
    ///   - watchdogProcess: Whose silence that is; nil for this process's.
    package init(
        socket: String?,
        watchdogMicroseconds: String?,
        watchdogProcess: String? = nil
    ) {
        let isOurs = watchdogProcess.map { $0 == "\(getpid())" } ?? true
        let microseconds = isOurs ? watchdogMicroseconds.flatMap { Int64($0) } : nil
        // Half of the time that the manager waits, as it advises.
        watchdogInterval = microseconds.flatMap { $0 > 1 ? .microseconds($0 / 2) : nil }
        guard var bytes = socket.map({ Array($0.utf8) }), bytes.count > 1,
            bytes.count < 108, [UInt8(ascii: "/"), UInt8(ascii: "@")].contains(bytes[0])
        else {
            address = nil
            return
        }
        // A name outside the file system starts with a zero byte.
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        address = bytes
    }

    /// Whether somebody listens.
    package var isActive: Bool { address != nil }

    /// The daemon is at its work.
    package func ready() { send("READY=1") }

    /// One line for people.
    package func status(_ text: String) {
        send("STATUS=\(text.split(whereSeparator: \.isNewline).joined(separator: " "))")
    }

    /// The daemon is about to end.
    ///
    /// - Parameter time: What it may still need.
    package func stopping(within time: Duration) {
        send("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(max(0, time.components.seconds) * 1_000_000)")
    }

    /// The daemon is well: to be told at least every `watchdogInterval`.
    package func isWell() { send("WATCHDOG=1") }

    private func send(_ text: String) {
        guard let address else { return }
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
                | Int32(SOCK_NONBLOCK.rawValue),
            0
        )
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: address) }
        let length =
            MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + address.count } ?? 0
        let bytes = Array(text.utf8)
        _ = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(length))
            }
        }
    }
}
