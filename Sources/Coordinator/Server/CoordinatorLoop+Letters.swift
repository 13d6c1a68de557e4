import Logging
import Scheduling
import WireProtocol
import ZeroMQ

// What comes back from the queues, and what time brings.

extension CoordinatorLoop {
    /// Acts on one letter.
    func open(_ letter: Letter) throws(CoordinatorError) {
        switch letter {
        case .stored(let outcomes): try stored(outcomes)
        case .inputBuilt(let key, let outcome): inputBuilt(key, outcome)
        case .measured(let candidate): try consider(candidate)
        case .lost(let lost): lose(lost)
        case .unmeasured(let candidate, let lost): try unmeasured(candidate, lost)
        // What an abandoned errand still had to say is about a job that has moved on.
        case .errand(let errand, let job, let news):
            if !errand.isAbandoned { hear(news, of: job, from: errand) }
        case .probed(let isWritable): probed(isWritable)
        }
    }

    // MARK: Time

    /// Drops what nobody came back for, and looks after the disk.
    func sweep() throws(CoordinatorError) {
        uploads.drop(silentAt: now)
        for plane in Plane.allCases { forgetIdle(plane) }
        watchDisk()
        if now >= nextKeyLook { refreshKeys() }
        try storage.commitDetails()
    }

    /// Forgets connections that are silent; their workers lost their leases long ago.
    private func forgetIdle(_ plane: Plane) {
        let idle = configuration.limits.idleConnection
        let forgotten = board.peers[plane]?.forget { now.since($0.lastHeard) > idle } ?? [:]
        guard !forgotten.isEmpty else { return }
        for (routing, peer) in forgotten {
            guard let worker = peer.worker, board.membership.isCurrent(routing, of: worker) else {
                continue
            }
            dismiss(worker, reason: "it was silent")
        }
        logger.debug(
            "idle connections forgotten",
            metadata: ["socket": "\(plane.rawValue)", "count": "\(forgotten.count)"]
        )
    }

    private func watchDisk() {
        let hasRoom = storage.hasRoom(besides: configuration.freeBytesMin, configuration.freeBytes)
        if storage.isWritable, !hasRoom {
            storageFailed("less than \(configuration.freeBytesMin >> 20) MiB are free")
        } else if !storage.isWritable, hasRoom {
            storage.probe { [mailbox] in mailbox.post(.probed(isWritable: $0)) }
        }
    }

    /// No result can be stored for now: nothing is dispatched and results wait at their workers.
    func storageFailed(_ reason: String) {
        guard storage.isWritable else { return }
        storage.isWritable = false
        logger.error(
            "results cannot be stored; waiting for room",
            metadata: ["reason": "\(reason)"]
        )
        tell(.storage(isWritable: false))
    }

    private func probed(_ isWritable: Bool) {
        storage.probeEnded()
        guard isWritable, !storage.isWritable else { return }
        storage.isWritable = true
        logger.notice("results can be stored again")
        tell(.storage(isWritable: true))
    }

    // MARK: Keys

    /// Looks at the list of keys, and ends the membership of everybody who is not on it any more.
    func refreshKeys() {
        guard let list = reception.keys else { return }
        nextKeyLook = now + AllowList.refreshInterval
        for dropped in list.refresh() {
            let key = dropped.key.z85
            logger.warning(
                "a revoked key lost its connections",
                metadata: ["name": "\(dropped.name)"]
            )
            for plane in Plane.allCases { _ = board.peers[plane]?.forget { $0.key == key } }
            let worker = WorkerID(key)
            if board.membership.routing(of: worker) != nil {
                dismiss(worker, reason: "its key was revoked")
            }
        }
        let faults = list.faults.map(\.description)
        if faults != keyFaults {
            keyFaults = faults
            for fault in faults {
                logger.error("a key is not read", metadata: ["error": "\(fault)"])
            }
        }
    }
}
