/// How large a simulated farm is and how bad its world may be.
///
/// A run draws from its seed which kinds of fault it has and how many (half of them, on average):
/// a run without crashes finds what a run that crashes all the time never reaches.
package struct SimulationProfile: Hashable, Sendable {
    package var workers = 1...4
    package var jobs = 1...3
    /// Seconds during which faults happen, before the farm is left in peace.
    package var faultSeconds = 20...90
    /// Seconds between two faults, on average at most.
    package var faultPause = 1...12
    package var hasFaults = true
    /// Something broken on purpose, to see that it is found.
    package var sabotage: Sabotage?
    package var keepsLog = false
    /// Events after which a run is taken to go on for ever.
    package var eventsMax = 400_000
    /// Seconds without faults after which every job has to be at an end.
    package var calmSeconds = 3 * 3600

    package init() {}

    /// Nothing goes wrong.
    package static var calm: SimulationProfile {
        var profile = SimulationProfile()
        profile.hasFaults = false
        return profile
    }
}

/// A promise that a shell breaks, so that a test can show that the simulation notices.
package enum Sabotage: String, CaseIterable, Hashable, Sendable {
    /// Effects leave the coordinator before what they rest on is in the ledger.
    case effectsBeforeRecords
    /// The last entries of the ledger were never synced: a crash takes them.
    case ledgerLies
    /// A result is reported stored before it is on the disk.
    case storedBeforeSync
    /// The coordinator does not tell the machine of heartbeats.
    case deafToHeartbeats
    /// The coordinator does not tell the machine that time passes.
    case noTicks
    /// The worker drops a result as soon as it is sent.
    case forgetsBeforeAcknowledgement
    /// A later round reads only its own window of the round before.
    case skipsNeighbours
    /// The output lacks its last frame now and then.
    case assemblesHoles
    /// Windows are accepted before they are compared with their neighbours.
    case measuresNothing
    /// The machine hears that a unit loads as long as it hangs.
    case hidesHangs
    /// The machine hears that a unit was given back when it failed.
    case hidesFailures
    /// Each submit is a new job.
    case ignoresIdempotencyKey
}

/// The faults of one run, drawn from its seed.
struct Weather: Sendable {
    var dropped = 0.0
    var duplicated = 0.0
    var delayed = 0.0
    var isOrdered = true
    var kinds: [FaultKind] = []
    /// At a moment where it hurts: around a commit, around the storing of a result.
    var crashPoint = 0.0
    var runnerFailure = 0.0
    var runnerHang = 0.0
    var damagedResult = 0.0
    var slowSync = 0.0
    var hasBlackHole = false
    var hasStraggler = false
    var hasPoison = false

    static let calm = Weather()

    static func draw(_ random: inout SimulationRandom) -> Weather {
        var weather = Weather()
        if random.chance(0.4) { weather.dropped = random.element([0.01, 0.05, 0.2]) }
        if random.chance(0.4) { weather.duplicated = random.element([0.02, 0.1]) }
        if random.chance(0.5) { weather.delayed = random.element([0.02, 0.1]) }
        weather.isOrdered = random.chance(0.5)
        weather.kinds = FaultKind.allCases.filter { _ in random.chance(0.5) }
        if random.chance(0.5) { weather.crashPoint = random.element([0.002, 0.01, 0.04]) }
        if random.chance(0.4) { weather.runnerFailure = random.element([0.03, 0.15]) }
        if random.chance(0.2) { weather.runnerHang = 0.03 }
        if random.chance(0.3) { weather.damagedResult = 0.03 }
        if random.chance(0.3) { weather.slowSync = random.element([0.02, 0.2]) }
        weather.hasBlackHole = random.chance(0.15)
        weather.hasStraggler = random.chance(0.25)
        weather.hasPoison = random.chance(0.2)
        return weather
    }
}

/// What breaks at a random moment.
enum FaultKind: String, CaseIterable, Sendable {
    case coordinatorCrash
    case coordinatorFreeze
    case workerCrash
    case workerFreeze
    case workerDiskLost
    case runnerCrash
    case drain
    case workerCommand
    case connectionLost
    case partition
    case oneWayPartition
    case diskFull
    case artifactDamaged
}
