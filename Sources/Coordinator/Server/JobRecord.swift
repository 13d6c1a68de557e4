import Diffusion
import FFmpeg
import Scheduling
import WireProtocol

/// What the shell keeps of a job beside the machine's own account.
struct JobRecord {
    let specification: JobSpecification
    /// Seconds since 1970.
    let submittedAt: Int64
    var endedAt: Int64?
    /// When each frame is shown, in seconds, as far as planning has come.
    var frameTimes: [Rational] = []
    var mismatches = MismatchTally()
    /// Classes of the devices whose results were accepted.
    var deviceClasses: Set<String> = []
    var calibrations = DeviceCalibrations()
    var framesWritten: UInt64 = 0
    /// Last lines of its history, oldest first.
    private(set) var events: [JobEventLine] = []
    private(set) var fusers: [Int: LatentFuser] = [:]
    /// Least and largest depth of each shot whose depth is done.
    var depthRanges: [Int: ClosedRange<Float>] = [:]
    /// The picture whose look is taken, once it was needed.
    var contentImage: VideoFrame?
    var lastPreview: Instant?

    init(_ specification: JobSpecification, submittedAt: Int64) {
        self.specification = specification
        self.submittedAt = submittedAt
    }

    /// A job of an earlier start.
    init(_ stored: LedgerJob) {
        specification = stored.specification
        submittedAt = stored.submittedAt
        endedAt = stored.endedAt
        frameTimes = stored.frameTimes
        mismatches = MismatchTally(stored.mismatches)
        deviceClasses = Set(stored.deviceClasses)
        calibrations = DeviceCalibrations(stored.deviations)
        events = stored.lines
    }

    mutating func add(_ line: JobEventLine) {
        if events.count >= WireLimits.events { events.removeFirst() }
        events.append(line)
    }

    /// Blends the windows of a shot; made once, since the weights of a long shot take a while.
    mutating func fuser(of shot: ShotOutline) -> LatentFuser? {
        if let fuser = fusers[shot.index] { return fuser }
        let plan = try? WindowPlan(
            frameCount: shot.work.frameCount,
            length: Int(specification.window),
            overlap: Int(specification.overlap)
        )
        // The outline was made by the same plan from the same numbers.
        guard let plan, plan.windows == shot.work.windows else { return nil }
        let fuser = LatentFuser(BlendWeights(plan, taper: WindowTaper(specification.taper)))
        fusers[shot.index] = fuser
        return fuser
    }

    /// Drops what only a running job needs.
    mutating func close(at seconds: Int64) {
        endedAt = seconds
        fusers = [:]
        depthRanges = [:]
        contentImage = nil
        calibrations.forgetValues()
    }

    mutating func reopen() {
        endedAt = nil
    }
}

/// Overlap mismatches D / (2σ²) of a job, in few numbers.
struct MismatchTally: Hashable, Sendable {
    private(set) var count: UInt64 = 0
    private(set) var sum = 0.0
    private(set) var largest = 0.0
    private(set) var largestRound: UInt32 = 0
    private(set) var largestWindow: UInt32 = 0

    init() {}

    /// Goes on from what the ledger has.
    init(_ summary: MismatchSummary) {
        count = UInt64(summary.count)
        sum = summary.mean * Double(summary.count)
        largest = summary.largest
        largestRound = UInt32(summary.largestRound)
        largestWindow = UInt32(summary.largestWindow)
    }

    var mean: Double { count == 0 ? 0 : sum / Double(count) }

    mutating func add(_ ratio: Double, round: Int, window: Int) {
        count += 1
        sum += ratio
        guard ratio > largest else { return }
        largest = ratio
        largestRound = UInt32(round)
        largestWindow = UInt32(window)
    }
}

extension WindowTaper {
    init(_ taper: JobSpecification.Taper) {
        switch taper {
        case .hann: self = .hann
        case .linear: self = .linear
        case .pyramid: self = .pyramid
        case .flat: self = .flat
        }
    }
}
