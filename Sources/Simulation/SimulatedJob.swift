import Scheduling

/// A job as its client wants it, with what it must become: the same values that one worker would
/// compute alone, unit after unit.
struct SimulatedJob: Sendable {
    let seed: UInt64
    let request: JobRequest
    let shots: [ShotOutline]
    /// Value of each unit, by shot and unit; the content unit is the one of shot 0.
    let values: [UnitPlace: UInt64]
    /// What each unit reads: all that its plan names, and in every round content and depth.
    let inputs: [UnitPlace: [UnitPlace]]
    /// Units that read each one's result.
    let readers: [UnitPlace: [UnitPlace]]
    /// Fails on every worker.
    let poison: UnitPlace?
    let isUnplannable: Bool
    let isSpecificationBad: Bool
    /// Assemblies that fail before one succeeds.
    let assemblyFailures: Int

    struct UnitPlace: Hashable, Sendable {
        let shot: Int
        let unit: UnitID
    }

    /// A frame of the output: its number in the video, and the decode unit's value.
    struct OutputFrame: Hashable, Sendable {
        let number: Int
        let value: UInt64
    }

    init(index: Int, hasPoison: Bool, hasFaults: Bool, random: inout SimulationRandom) {
        seed = random.next()
        request = JobRequest(
            idempotencyKey: "key-\(index)",
            name: "simulated \(index)",
            priority: random.number(-1...1),
            workersMax: random.chance(0.15) ? random.number(1...2) : nil,
            isPaused: random.chance(0.1)
        )
        var shots: [ShotOutline] = []
        var firstFrame = 0
        for shot in 0..<random.number(1...2) {
            let work = SimulatedJob.outline(&random)
            shots.append(ShotOutline(index: shot, firstFrame: firstFrame, work: work))
            firstFrame += work.frameCount
        }
        self.shots = shots
        var inputs: [UnitPlace: [UnitPlace]] = [:]
        var readers: [UnitPlace: [UnitPlace]] = [:]
        var values: [UnitPlace: UInt64] = [:]
        var places: [UnitPlace] = []
        for shot in shots {
            for unit in SimulatedUnit.all(of: shot.work) {
                let place = SimulatedJob.place(shot.index, unit.id)
                guard inputs[place] == nil else { continue }
                let order = UnitOrder(
                    frames: unit.frames,
                    firstFrame: shot.firstFrame,
                    steps: unit.steps
                )
                let read = unit.inputs.map { SimulatedJob.place(shot.index, $0) }
                places.append(place)
                inputs[place] = read
                for input in read { readers[input, default: []].append(place) }
                values[place] = SimulatedJob.value(seed, place, order, read.map { values[$0] ?? 0 })
            }
        }
        self.inputs = inputs
        self.readers = readers
        self.values = values
        poison = hasPoison ? random.element(places) : nil
        isUnplannable = hasFaults && random.chance(0.03)
        isSpecificationBad = hasFaults && random.chance(0.03)
        assemblyFailures = hasFaults && random.chance(0.05) ? 1 : 0
    }

    /// The job's content unit is the one of its first shot, whichever shot asks.
    static func place(_ shot: Int, _ unit: UnitID) -> UnitPlace {
        UnitPlace(shot: unit.kind == .content ? 0 : shot, unit: unit)
    }

    /// What a unit makes of what it read: another value for another unit, order or input.
    static func value(
        _ seed: UInt64,
        _ place: UnitPlace,
        _ order: UnitOrder,
        _ inputs: [UInt64]
    ) -> UInt64 {
        // Content is the job's; the shot's position means nothing to it.
        let firstFrame = place.unit.kind == .content ? 0 : order.firstFrame
        let numbers = [
            place.shot, place.unit.kind.stage, place.unit.index, place.unit.round,
            order.frames.lowerBound, order.frames.upperBound, firstFrame,
            order.steps.lowerBound, order.steps.upperBound,
        ]
        var value = seed
        for number in numbers {
            value = SimulationRandom.mix(value ^ UInt64(bitPattern: Int64(number)))
        }
        for input in inputs { value = SimulationRandom.mix(value &+ input) }
        return value
    }

    /// The whole output, as one worker would make it.
    var output: [OutputFrame] {
        shots.flatMap { shot in
            SimulatedUnit.chunks(of: shot.work).enumerated().flatMap { index, frames in
                frames.map { frame in
                    let place = SimulatedJob.place(shot.index, UnitID(.decode, index: index))
                    return OutputFrame(
                        number: shot.firstFrame + frame,
                        value: values[place] ?? 0
                    )
                }
            }
        }
    }

    private static func outline(_ random: inout SimulationRandom) -> WorkOutline {
        let frames = random.number(1...10)
        let length = random.number(2...4)
        let overlap = random.number(0...length - 1)
        var windows = [0..<min(length, frames)]
        while let last = windows.last, last.upperBound < frames {
            let start = min(last.lowerBound + length - overlap, frames - length)
            windows.append(start..<start + length)
        }
        var rounds: [Range<Int>] = []
        var step = random.number(0...1)
        for _ in 0..<random.number(1...3) {
            let end = step + random.number(1...2)
            rounds.append(step..<end)
            step = end
        }
        return WorkOutline(
            frameCount: frames,
            windows: windows,
            rounds: rounds,
            chunkFrames: random.number(2...6)
        )
    }
}
