import CProtobuf
import Scheduling

extension IntroductionMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Introduction {
        var message = unsafe Weft__V1__Introduction()
        unsafe weft__v1__introduction__init(&message)
        unsafe message.worker = unsafe scratch.keep(worker.name)
        unsafe message.name = unsafe scratch.keep(introduction.name)
        unsafe message.device_class = unsafe scratch.keep(introduction.deviceClass)
        unsafe message.credit = UInt32(introduction.credit)
        unsafe message.draining = introduction.isDraining ? 1 : 0
        unsafe message.n_running = introduction.running.count
        unsafe message.running = unsafe scratch.keep(introduction.running) {
            unsafe $0.message(scratch)
        }
        unsafe message.n_finished = introduction.finished.count
        unsafe message.finished = unsafe scratch.keep(introduction.finished) {
            unsafe $0.message(scratch)
        }
        unsafe message.farm = unsafe scratch.keep(bytes: farm?.bytes ?? [])
        return unsafe message
    }

    init(_ message: Weft__V1__Introduction) throws(WireError) {
        let credit = unsafe message.credit
        try WireError.check(credit, "credit", 1...64)
        self.init(
            WorkerIntroduction(
                name: try unsafe decodedText(message.name, "worker's name"),
                deviceClass: try unsafe decodedText(message.device_class, "device class"),
                credit: Int(credit),
                isDraining: unsafe message.draining != 0,
                running: try unsafe decodedList(
                    message.running,
                    message.n_running,
                    "running leases",
                    limit: WireLimits.leases,
                    Lease.init(_:)
                ),
                finished: try unsafe decodedList(
                    message.finished,
                    message.n_finished,
                    "finished leases",
                    limit: WireLimits.leases,
                    Lease.init(_:)
                )
            ),
            worker: WorkerID(try unsafe decodedText(message.worker, "worker")),
            farm: try unsafe message.farm.len == 0 ? nil : FarmID(decodedBytes(message.farm))
        )
    }
}

extension WelcomeMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Welcome {
        var message = unsafe Weft__V1__Welcome()
        unsafe weft__v1__welcome__init(&message)
        unsafe message.instance = instance
        unsafe message.session = unsafe scratch.keep(bytes: session)
        unsafe message.farm = unsafe scratch.keep(bytes: farm.bytes)
        // In order, so that equal messages have equal bytes.
        let sorted = answers.sorted { $0.key < $1.key }
        unsafe message.n_answers = sorted.count
        unsafe message.answers = unsafe scratch.keep(sorted) { lease, answer in
            var message = unsafe Weft__V1__AnsweredLease()
            unsafe weft__v1__answered_lease__init(&message)
            unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
            unsafe message.answer = Weft__V1__LeaseAnswer(
                rawValue: WireEnumerations.leaseAnswer.number(answer)
            )
            return unsafe message
        }
        return unsafe message
    }

    init(_ message: Weft__V1__Welcome) throws(WireError) {
        let pairs = try unsafe decodedList(
            message.answers,
            message.n_answers,
            "answers",
            limit: 2 * WireLimits.leases
        ) { message throws(WireError) in
            (
                try unsafe Lease(field: message.lease),
                try unsafe WireEnumerations.leaseAnswer.value(message.answer.rawValue)
            )
        }
        let answers = Dictionary(pairs) { first, _ in first }
        try WireError.require(answers.count == pairs.count, "answers", "a lease is named twice")
        self.init(
            instance: unsafe message.instance,
            session: unsafe decodedBytes(message.session),
            answers: answers,
            farm: try unsafe FarmID(decodedBytes(message.farm))
        )
    }
}

extension OfferMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Offer {
        var message = unsafe Weft__V1__Offer()
        unsafe weft__v1__offer__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        unsafe message.order = unsafe scratch.keep(order.message())
        unsafe message.job = unsafe scratch.keep(job.message(scratch))
        unsafe message.shot_frames = UInt32(shotFrames)
        unsafe message.n_inputs = inputs.count
        unsafe message.inputs = unsafe scratch.keep(inputs) { unsafe $0.message(scratch) }
        unsafe message.depth_least = depthLeast
        unsafe message.depth_largest = depthLargest
        unsafe message.result = unsafe scratch.keep(result.message(scratch))
        unsafe message.calibrate = calibrates ? 1 : 0
        return unsafe message
    }

    init(_ message: Weft__V1__Offer) throws(WireError) {
        self.init(
            lease: try unsafe Lease(field: message.lease),
            order: try unsafe UnitOrder(decodedField(message.order, "order")),
            job: try unsafe JobSpecification(decodedField(message.job, "job")),
            shotFrames: unsafe Int(message.shot_frames),
            inputs: try unsafe decodedList(
                message.inputs,
                message.n_inputs,
                "inputs",
                limit: WireLimits.inputs,
                InputDescription.init(_:)
            ),
            depthLeast: unsafe message.depth_least,
            depthLargest: unsafe message.depth_largest,
            result: try unsafe InputDescription(decodedField(message.result, "result"))
        )
        calibrates = unsafe message.calibrate != 0
    }
}

extension CalibrationMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Calibration {
        var message = unsafe Weft__V1__Calibration()
        unsafe weft__v1__calibration__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        unsafe message.n_values = values.count
        unsafe message.values = unsafe scratch.keep(values)
        return unsafe message
    }

    init(_ message: Weft__V1__Calibration) throws(WireError) {
        let count = unsafe message.n_values
        // Checked before anything is copied: a peer chooses this count.
        try WireError.check(count: count, "calibration", limit: WireLimits.calibrationValues)
        self.init(
            try unsafe Lease(field: message.lease),
            unsafe Array(UnsafeBufferPointer(start: message.values, count: count))
        )
    }
}

extension HeartbeatMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Heartbeat {
        var message = unsafe Weft__V1__Heartbeat()
        unsafe weft__v1__heartbeat__init(&message)
        unsafe message.n_progress = progress.count
        unsafe message.progress = unsafe scratch.keep(progress) { unsafe $0.message(scratch) }
        unsafe message.free_spool_bytes = freeSpoolBytes
        return unsafe message
    }

    init(_ message: Weft__V1__Heartbeat) throws(WireError) {
        self.init(
            progress: try unsafe decodedList(
                message.progress,
                message.n_progress,
                "progress",
                limit: WireLimits.leases,
                LeaseProgress.init(_:)
            ),
            freeSpoolBytes: unsafe message.free_spool_bytes
        )
    }
}

extension LeaseReplyMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__LeaseReply {
        var message = unsafe Weft__V1__LeaseReply()
        unsafe weft__v1__lease_reply__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        unsafe message.reply = Weft__V1__LeaseReply__Reply(
            rawValue: WireEnumerations.leaseReply.number(reply)
        )
        unsafe message.reason = unsafe scratch.keep(reason)
        return unsafe message
    }

    init(_ message: Weft__V1__LeaseReply) throws(WireError) {
        self.init(
            try unsafe Lease(field: message.lease),
            try unsafe WireEnumerations.leaseReply.value(message.reply.rawValue),
            reason: try unsafe decodedText(message.reason, "reason")
        )
    }
}

extension UnitFailedMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__UnitFailed {
        var message = unsafe Weft__V1__UnitFailed()
        unsafe weft__v1__unit_failed__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        unsafe message.failure_class = Weft__V1__FailureClass(
            rawValue: WireEnumerations.failureClass.number(failure.failureClass)
        )
        unsafe message.reason = unsafe scratch.keep(failure.reason)
        return unsafe message
    }

    init(_ message: Weft__V1__UnitFailed) throws(WireError) {
        self.init(
            try unsafe Lease(field: message.lease),
            UnitFailure(
                try unsafe WireEnumerations.failureClass.value(message.failure_class.rawValue),
                try unsafe decodedText(message.reason, "reason")
            )
        )
    }
}

extension GoodbyeMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Goodbye {
        var message = unsafe Weft__V1__Goodbye()
        unsafe weft__v1__goodbye__init(&message)
        unsafe message.reason = unsafe scratch.keep(reason)
        return unsafe message
    }

    init(_ message: Weft__V1__Goodbye) throws(WireError) {
        self.init(reason: try unsafe decodedText(message.reason, "reason"))
    }
}

extension WithdrawMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Withdraw {
        var message = unsafe Weft__V1__Withdraw()
        unsafe weft__v1__withdraw__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        return unsafe message
    }

    init(_ message: Weft__V1__Withdraw) throws(WireError) {
        self.init(try unsafe Lease(field: message.lease))
    }
}

extension AcknowledgeMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Acknowledge {
        var message = unsafe Weft__V1__Acknowledge()
        unsafe weft__v1__acknowledge__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        unsafe message.disposition = Weft__V1__ResultDisposition(
            rawValue: WireEnumerations.disposition.number(disposition)
        )
        return unsafe message
    }

    init(_ message: Weft__V1__Acknowledge) throws(WireError) {
        self.init(
            try unsafe Lease(field: message.lease),
            try unsafe WireEnumerations.disposition.value(message.disposition.rawValue)
        )
    }
}
