import Foundation
import Scheduling
import Synchronization
import Tensors
import WireProtocol
import ZeroMQ

/// A worker over real sockets whose units are a little arithmetic, with faults on order.
///
/// It has no session machine: it does what an offer says, one unit after the other, and repeats
/// what is not answered.
final class FakeWorker: Sendable {
    /// What goes wrong.
    struct Faults: Sendable {
        /// Units after which it stops for good, without a word.
        var diesAfter: Int?
        /// Units whose first result is full of NaN.
        var spoils: @Sendable (UnitKey) -> Bool = { _ in false }
        /// Units that fail, as the unit's own fault.
        var fails: @Sendable (UnitKey) -> Bool = { _ in false }
        /// What a unit takes.
        var pause = Duration.zero
        var deviceClass = "fake"
        /// What its class makes of made-up frames.
        var calibration: [Float] = []

        init() {}
    }

    let name: String
    private let isStopped = Atomic(false)
    private let finished = Mutex<[UnitKey]>([])
    private let dispositions = Mutex<[ResultDisposition]>([])
    private let withdrawn = Mutex<[Lease]>([])
    private let calibrated = Mutex<[Lease]>([])
    private let ended = DispatchSemaphore(value: 0)

    init(_ name: String) {
        self.name = name
    }

    /// Units it has computed, in order.
    var computed: [UnitKey] { finished.withLock { $0 } }
    /// How its results were received, in order.
    var received: [ResultDisposition] { dispositions.withLock { $0 } }
    /// Leases with which it was asked to calibrate.
    var calibrations: [Lease] { calibrated.withLock { $0 } }
    /// Leases that the coordinator took back.
    var takenBack: [Lease] { withdrawn.withLock { $0 } }

    func note(_ unit: UnitKey) { finished.withLock { $0.append(unit) } }
    func note(_ disposition: ResultDisposition) { dispositions.withLock { $0.append(disposition) } }
    func note(calibrated lease: Lease) { calibrated.withLock { $0.append(lease) } }
    func note(withdrawn lease: Lease) { withdrawn.withLock { $0.append(lease) } }
    var isToStop: Bool { isStopped.load(ordering: .relaxed) }

    /// Starts working on a thread of its own.
    func start(
        _ context: Context,
        control: String,
        bulk: String,
        curve: SocketOptions.Curve? = nil,
        faults: Faults = Faults()
    ) {
        Thread.detachNewThread { [self] in
            defer { ended.signal() }
            do {
                let conversation = try FakeConversation(self, context, control, bulk, curve, faults)
                try conversation.run()
            } catch {
                FileHandle.standardError.write(Data("fake worker \(name): \(error)\n".utf8))
            }
        }
    }

    /// Stops at the next message, without a word to the coordinator; returns when its sockets are
    /// closed.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        ended.wait()
        ended.signal()
    }
}

/// The worker's thread.
private final class FakeConversation {
    private let worker: FakeWorker
    private let faults: FakeWorker.Faults
    private let poller = Poller()
    private let control: PolledSocket
    private let bulk: PolledSocket
    private var sequence: UInt64 = 0
    private var isIntroduced = false
    private var farm: FarmID?
    private var lastWord = ContinuousClock.now
    private var offers: [OfferMessage] = []
    private var spoiled: Set<UnitKey> = []
    private var count = 0

    init(
        _ worker: FakeWorker,
        _ context: Context,
        _ control: String,
        _ bulk: String,
        _ curve: SocketOptions.Curve?,
        _ faults: FakeWorker.Faults
    ) throws {
        self.worker = worker
        self.faults = faults
        var options = SocketOptions()
        options.curve = curve
        options.immediate = true
        options.reconnect = SocketOptions.Reconnect(
            base: .milliseconds(20),
            longest: .milliseconds(200)
        )
        self.control = poller.add(try Socket(.dealer, in: context, options: options))
        self.bulk = poller.add(try Socket(.dealer, in: context, options: options))
        try self.control.socket.connect(control)
        try self.bulk.socket.connect(bulk)
    }

    func run() throws {
        while !worker.isToStop {
            if !isIntroduced { try introduce() }
            _ = try poller.wait(for: .milliseconds(20))
            try takeControl()
            if isIntroduced, !offers.isEmpty {
                try compute(offers.removeFirst())
                count += 1
                if let last = faults.diesAfter, count >= last { return }
            }
            if ContinuousClock.now - lastWord > .milliseconds(500), isIntroduced {
                let heartbeat = HeartbeatMessage(progress: progress, freeSpoolBytes: 1 << 40)
                try send(.heartbeat(heartbeat), on: control)
            }
        }
    }

    private var progress: [LeaseProgress] {
        offers.map { LeaseProgress($0.lease, phase: .waiting, done: 0, total: 1) }
    }

    @discardableResult
    private func send(
        _ body: EnvelopeBody,
        _ payload: [UInt8]? = nil,
        on socket: PolledSocket
    ) throws -> UInt64 {
        sequence += 1
        let envelope = Envelope(body, sequence: sequence)
        _ = try socket.send(Message([envelope.encoded()] + (payload.map { [$0] } ?? [])))
        if socket === control { lastWord = .now }
        return sequence
    }

    /// Says hello on both sockets, again until it is welcome.
    private func introduce() throws {
        let boot = [UInt8](repeating: 7, count: WireLimits.bootIDBytes)
        let hello = try Hello(role: "worker", software: "fake", bootID: boot)
        try send(.hello(hello), on: control)
        let introduction = WorkerIntroduction(
            name: worker.name,
            deviceClass: faults.deviceClass,
            credit: 2,
            running: offers.map(\.lease),
            finished: spooled.map { [$0] } ?? []
        )
        let message = IntroductionMessage(
            introduction,
            worker: WorkerID(worker.name),
            farm: farm
        )
        try send(.introduction(message), on: control)
        let end = ContinuousClock.now + .milliseconds(300)
        while !isIntroduced, ContinuousClock.now < end, !worker.isToStop {
            _ = try poller.wait(for: .milliseconds(20))
            try takeControl()
        }
    }

    private func takeControl() throws {
        for message in try control.drain(atMost: 100).messages {
            switch try Envelope(decoding: message.frames[0]).body {
            case .welcome(let welcome):
                isIntroduced = true
                farm = welcome.farm
                let gone = welcome.answers.filter { $0.value == .abort }.keys
                offers.removeAll { gone.contains($0.lease) }
                if let lease = spooled, gone.contains(lease) { spooled = nil }
                let hello = try Hello(role: "bulk", software: "fake", bootID: welcome.session)
                try send(.hello(hello), on: bulk)
            case .offer(let offer):
                offers.append(offer)
                try send(.leaseReply(LeaseReplyMessage(offer.lease, .accepted)), on: control)
                guard offer.calibrates else { break }
                worker.note(calibrated: offer.lease)
                let calibration = CalibrationMessage(offer.lease, faults.calibration)
                try send(.calibration(calibration), on: control)
            case .withdraw(let message):
                worker.note(withdrawn: message.lease)
                offers.removeAll { $0.lease == message.lease }
            case .acknowledge(let message):
                worker.note(message.disposition)
                acknowledged.insert(message.lease)
            case .refusal(let refusal) where refusal.reason == .unexpected: isIntroduced = false
            default: break
            }
        }
    }

    // MARK: A unit

    private var acknowledged: Set<Lease> = []
    /// The finished unit that the coordinator does not have yet.
    private var spooled: Lease?

    private func compute(_ offer: OfferMessage) throws {
        var inputs: [String: [UInt8]] = [:]
        for input in offer.inputs {
            guard let bytes = try fetch(input, offer.lease) else {
                let reply = LeaseReplyMessage(offer.lease, .declined, reason: "no \(input.name)")
                try send(.leaseReply(reply), on: control)
                return
            }
            inputs[input.name] = bytes
        }
        if faults.pause > .zero {
            Thread.sleep(forTimeInterval: Double(faults.pause.wholeNanoseconds) / 1e9)
        }
        let unit = offer.lease.unit
        if faults.fails(unit) {
            let failure = UnitFailure(.unit, "told to fail")
            try send(.unitFailed(UnitFailedMessage(offer.lease, failure)), on: control)
            return
        }
        var result = FakeArithmetic.result(of: offer, inputs)
        if faults.spoils(unit), spoiled.insert(unit).inserted {
            result = HostTensor(repeating: .nan, Shape(offer.result.shape)).littleEndianBytes
        }
        worker.note(unit)
        try deliver(result, offer)
    }

    private func fetch(_ input: InputDescription, _ lease: Lease) throws -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = 0
        while true {
            let fetch = FetchMessage(lease, input: input.name, chunk: chunk)
            guard let (answer, payload) = try ask(.fetch(fetch)), case .chunk(let found) = answer,
                found.header.chunkIndex == chunk
            else { return nil }
            bytes += payload
            chunk += 1
            guard chunk < found.header.chunkCount else {
                return Checksum.of(bytes) == found.header.checksum ? bytes : nil
            }
        }
    }

    /// Sends the result until it is acknowledged, in chunks of 1000 bytes; through restarts of the
    /// coordinator too.
    private func deliver(_ bytes: [UInt8], _ offer: OfferMessage) throws {
        let checksum = Checksum.of(bytes)
        spooled = offer.lease
        defer { spooled = nil }
        while !worker.isToStop, spooled != nil, !acknowledged.contains(offer.lease) {
            guard isIntroduced else {
                try introduce()
                continue
            }
            var chunk = 0
            while true {
                let header = try TensorHeader(
                    name: offer.result.name,
                    scalarType: offer.result.scalarType,
                    shape: offer.result.shape,
                    checksum: checksum,
                    chunkIndex: chunk,
                    chunkBytes: 1000
                )
                let message = ChunkMessage(offer.lease, header)
                let answer = try ask(.chunk(message), Array(bytes[header.byteRange]))
                guard case .stored? = answer?.0 else { break }
                chunk += 1
                guard chunk < header.chunkCount else { break }
            }
            let end = ContinuousClock.now + .seconds(1)
            while ContinuousClock.now < end, !acknowledged.contains(offer.lease), isIntroduced {
                _ = try poller.wait(for: .milliseconds(50))
                try takeControl()
            }
        }
    }

    /// The answer on the bulk socket, with its payload; nil after a refusal or a second.
    private func ask(
        _ body: EnvelopeBody,
        _ payload: [UInt8]? = nil
    ) throws -> (EnvelopeBody, [UInt8])? {
        let number = try send(body, payload, on: bulk)
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end, !worker.isToStop {
            _ = try poller.wait(for: .milliseconds(50))
            for message in try bulk.drain(atMost: 100).messages {
                let envelope = try Envelope(decoding: message.frames[0])
                guard envelope.replyTo == number else { continue }
                if case .refusal(let refusal) = envelope.body {
                    if refusal.reason == .unexpected { isIntroduced = false }
                    return nil
                }
                return (envelope.body, message.frames.count > 1 ? message.frames[1] : [])
            }
            try takeControl()
            if acknowledgedEarly(body) { return nil }
        }
        return nil
    }

    private func acknowledgedEarly(_ body: EnvelopeBody) -> Bool {
        guard case .chunk(let message) = body else { return false }
        return acknowledged.contains(message.lease)
    }
}

/// What the fake worker computes: pure functions of the inputs, so that every run gives the same.
enum FakeArithmetic {
    static func result(of offer: OfferMessage, _ inputs: [String: [UInt8]]) -> [UInt8] {
        let shape = offer.result.shape
        let count = shape.reduce(1, *)
        switch offer.lease.unit.unit.kind {
        case .content:
            let seed = Float(offer.job.seed % 16)
            return floats((0..<count).map { Float($0) / 8 + seed })
        case .depth:
            let frames = inputs["frames"] ?? []
            return floats((0..<count).map { Float(frames[$0 * 3]) / 255 })
        case .sample:
            return sample(offer, inputs, count)
        case .decode:
            return decode(offer, inputs, count)
        }
    }

    private static func sample(
        _ offer: OfferMessage,
        _ inputs: [String: [UInt8]],
        _ count: Int
    ) -> [UInt8] {
        let shape = offer.result.shape
        let frameCount = count / shape[0]
        let content = tensor(inputs["content"])[0]
        let depth = tensor(inputs["depth"])
        let before = inputs["latents"].map { tensor($0) }
        let pixels = Int(offer.job.width * offer.job.height)
        var values: [Float] = []
        for frame in 0..<shape[0] {
            let absolute = offer.order.firstFrame + offer.order.frames.lowerBound + frame
            let light =
                (depth[frame * pixels] - offer.depthLeast)
                / max(offer.depthLargest - offer.depthLeast, 1e-3)
            for element in 0..<frameCount {
                let noise = Float((absolute * 31 + element * 17) % 101) / 50 - 1
                let start = before?[frame * frameCount + element] ?? noise
                // The window's place counts, so that neighbours disagree and fusion has a meaning.
                let place = Float(frame) / Float(shape[0])
                values.append(start * 0.7 + light * 0.2 + content * 0.01 + place * 0.05)
            }
        }
        return floats(values)
    }

    private static func decode(
        _ offer: OfferMessage,
        _ inputs: [String: [UInt8]],
        _ count: Int
    ) -> [UInt8] {
        let shape = offer.result.shape
        let latents = tensor(inputs["latents"])
        let perFrame = latents.count / shape[0]
        return (0..<count).map { index in
            let frame = index / (count / shape[0])
            let value = latents[frame * perFrame + index % perFrame]
            return UInt8(min(max(value * 64 + 128, 0), 255))
        }
    }

    private static func floats(_ values: [Float]) -> [UInt8] {
        HostTensor(values, [values.count]).littleEndianBytes
    }

    private static func tensor(_ bytes: [UInt8]?) -> [Float] {
        let bytes = bytes ?? []
        return HostTensor(littleEndian: bytes, [bytes.count / 4])?.values ?? []
    }
}
