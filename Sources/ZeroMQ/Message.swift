/// The frames that travel together or not at all.
package struct Message: Hashable, Sendable {
    package var frames: [[UInt8]]
    /// Who the authenticator found the sender to be; nil without one, and for what is sent.
    package var userID: String?

    package init(_ frames: [[UInt8]], userID: String? = nil) {
        self.frames = frames
        self.userID = userID
    }

    package var byteCount: Int {
        frames.reduce(0) { $0 + $1.count }
    }
}

/// What became of a message handed to a socket.
package enum SendResult: Hashable, Sendable {
    case sent
    /// The queue stayed full for the socket's send timeout; nothing was sent.
    case queueFull
    /// No connected peer has the routing identity in the first frame; nothing was sent.
    case unroutable
}
