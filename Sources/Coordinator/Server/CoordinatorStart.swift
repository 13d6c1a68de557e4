import Logging
import Scheduling
import Tensors
import WireProtocol
import ZeroMQ

/// What a coordinator does before it serves: takes its folder, reads its ledger, looks after the
/// results, listens, and proves that strangers stay out.
struct CoordinatorStart {
    let configuration: CoordinatorConfiguration
    let context: Context
    let logger: Logger
    let wakeUp: WakeUp

    /// The authenticator's name for our sockets.
    private static let domain = "weft"

    /// A loop that is ready to run, and where it listens.
    ///
    /// - Throws: What prevents the start.
    func loop() throws -> (CoordinatorLoop, CoordinatorServer.Endpoints) {
        let folder = try StateFolder(configuration.stateFolder)
        let ledger = try Ledger(folder.ledger)
        let entries = try ledger.entries()
        let farm = Farm(configuration.farm, replaying: entries)
        let jobs = try ledger.jobs().mapValues { JobRecord($0) }
        let artifacts = ArtifactStore(folder)
        // A failed job may be opened again and then goes on from its results.
        let needed = jobs.keys.filter { job in
            farm.report(job).map { $0.state != .done && $0.state != .cancelled } ?? false
        }
        artifacts.removeAll(besides: Set(needed))

        let mailbox = Mailbox<Letter>(wakeUp)
        let results = StoredResults(artifacts, byteLimit: configuration.limits.resultBytes)
        let writer = ResultWriter(artifacts, results) { mailbox.post(.stored($0)) }
        let storage = Storage(ledger, results, writer, folder: folder)
        for unit in missing(entries, farm, artifacts) {
            mailbox.post(.lost(LostResult(unit: unit, description: "its file is not there")))
        }

        let keys = configuration.usesKeys ? KeyStore(folder: folder.keys) : nil
        let list = keys.map { AllowList($0) }
        let signals = try configuration.handlesSignals ? SignalMonitor() : nil
        let poller = Poller(wakeUp: wakeUp, signals: signals)
        let (board, endpoints, authenticator) = try listen(poller, keys, list)
        let parts = CoordinatorLoop.Parts(
            clock: LoopClock(),
            poller: poller,
            board: board,
            reception: Reception(
                keys: list,
                bootID: CoordinatorLoop.randomBytes(WireLimits.bootIDBytes)
            ),
            storage: storage,
            mailbox: mailbox,
            media: MediaDesk(mailbox),
            farmID: try ledger.farmID(),
            farm: farm,
            jobs: jobs,
            authenticator: authenticator
        )
        let loop = CoordinatorLoop(parts, configuration: configuration, logger: logger)
        return (loop, endpoints)
    }

    /// Results that the ledger has and the disk has not, of jobs that go on.
    private func missing(
        _ entries: [LedgerEntry],
        _ farm: Farm,
        _ artifacts: ArtifactStore
    ) -> [UnitKey] {
        var units: Set<UnitKey> = []
        for case .finished(_, let lease, _) in entries { units.insert(lease.unit) }
        return units.filter { unit in
            guard let summary = farm.result(of: unit) else { return false }
            let status = try? SystemFile.status(of: artifacts.path(of: unit))
            return status?.byteCount != summary.byteCount
        }.sorted()
    }

    // MARK: Sockets

    private func listen(
        _ poller: Poller,
        _ keys: KeyStore?,
        _ list: AllowList?
    ) throws -> (Switchboard, CoordinatorServer.Endpoints, Authenticator?) {
        // Bound before the listeners: without it they would have nobody to ask.
        let authenticator = try list.map { list in
            try Authenticator(context, domain: Self.domain) { list.verdict(on: $0) }
        }
        let pair = try keys?.serverKeys()
        let control = poller.add(
            try socket(pair, queue: 1000, frameBytes: WireLimits.envelopeBytes)
        )
        let bulk = poller.add(try socket(pair, queue: 64, frameBytes: WireLimits.chunkBytes))
        let endpoints = CoordinatorServer.Endpoints(
            control: try control.socket.bind(configuration.controlEndpoint),
            bulk: try bulk.socket.bind(configuration.bulkEndpoint),
            publicKey: pair?.publicKey
        )
        if let pair {
            for endpoint in [endpoints.control, endpoints.bulk] {
                try KeyTrial.run(endpoint, serverKey: pair.publicKey, in: context)
            }
        }
        let board = Switchboard(
            control: control,
            bulk: bulk,
            usesKeys: keys != nil,
            limits: configuration.limits,
            logger: logger
        )
        return (board, endpoints, authenticator)
    }

    private func socket(
        _ keys: CurveKeyPair?,
        queue: Int,
        frameBytes: Int
    ) throws(ZeroMQError) -> Socket {
        var options = SocketOptions()
        options.sendQueueMessages = queue
        options.receiveQueueMessages = queue
        options.frameBytesLimit = frameBytes
        options.frameCountLimit = 8
        // What is on its way at the end gets a moment; a peer that does not read holds nobody up.
        options.linger = .milliseconds(500)
        options.heartbeat = SocketOptions.Heartbeat(interval: .seconds(2), timeout: .seconds(6))
        if let keys { options.curve = .server(keys, domain: Self.domain) }
        return try Socket(.router, in: context, options: options)
    }
}
