package import Scheduling
package import ZeroMQ

/// What an operator decides about a worker process.
package struct WorkerConfiguration: Hashable, Sendable {
    /// For people: the machine's name and the worker's number.
    package var name: String
    /// Endpoints of the coordinator, such as `tcp://farm:7700`.
    package var control: String
    package var bulk: String
    /// Nil for a farm without keys.
    package var keys: Keys?
    /// Folder that is this worker's alone; holds the spool and the input cache.
    package var stateFolder: String
    /// How the process that computes is started.
    package var runner: RunnerCommand
    /// Where the models of jobs are looked for that name theirs by a relative path; jobs may then
    /// use no others.
    package var modelsFolder: String?
    /// Folders of the models that come with the program, by the names that jobs have for them.
    package var shippedModels: [String: String] = [:]
    /// Units held at a time: one runs, the others' inputs are on their way.
    package var credit = 2
    package var times = WorkerTimes()
    /// The whole time that this process has, by the batch system that started it.
    package var lifetime: Duration?
    /// What is left of the lifetime when it begins to drain.
    package var lifetimeMargin = Duration.seconds(120)
    package var spoolBytesMax = 8 << 30
    package var cacheBytesMax = 4 << 30
    /// After this long without progress of the running unit the service manager is told nothing
    /// any more.
    ///
    /// Above the time that reading a model may take.
    package var stallLimit = Duration.seconds(1200)
    /// Pauses before connecting again; nil draws them for this process.
    package var reconnect: SocketOptions.Reconnect?
    /// Handshakes in a row that may fail before the worker gives up.
    package var handshakeFailuresMax = 5

    /// This worker's key pair, and whom it talks to.
    package struct Keys: Hashable, Sendable {
        package var serverKey: CurveKey
        package var own: CurveKeyPair

        package init(serverKey: CurveKey, own: CurveKeyPair) {
            self.serverKey = serverKey
            self.own = own
        }
    }

    package init(
        name: String,
        control: String,
        bulk: String,
        stateFolder: String,
        runner: RunnerCommand
    ) {
        self.name = name
        self.control = control
        self.bulk = bulk
        self.stateFolder = stateFolder
        self.runner = runner
    }

    /// Checks what the types cannot.
    ///
    /// - Throws: `WorkerError` that names the setting.
    func check() throws(WorkerError) {
        guard (1...64).contains(credit) else {
            throw WorkerError(.configuration, "credit: expected 1 to 64, found \(credit)")
        }
        guard (1...256).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw WorkerError(.configuration, "the worker's name: expected 1 to 256 bytes")
        }
        guard spoolBytesMax > 0, cacheBytesMax > 0 else {
            throw WorkerError(.configuration, "spool and cache need room for some bytes")
        }
        if let lifetime, lifetime <= lifetimeMargin {
            throw WorkerError(
                .configuration,
                "a lifetime of \(lifetime) has to be more than its margin of \(lifetimeMargin)"
            )
        }
    }
}
