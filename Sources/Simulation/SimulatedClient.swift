import Scheduling

/// A client that submits one job, asks for things to be done to it, and repeats each request until
/// it is answered; the last client is the operator, who has no job.
struct SimulatedClient: Sendable {
    enum Request: Hashable, Sendable {
        case submit
        case command(JobCommand)
        case workerCommand(WorkerID, WorkerCommand)
    }

    let index: Int
    /// Requests to make, in order, each so long after the one before was answered.
    private(set) var script: [(pause: Duration, request: Request)]
    private(set) var job: JobID?
    private(set) var hasCancelled = false
    private var number = 0
    private var isAsking = false
    /// Of the timer that counts; an answer makes the one that would ask again worthless.
    private var token = 0

    init(_ index: Int, script: [(pause: Duration, request: Request)]) {
        self.index = index
        self.script = script
    }

    var isDone: Bool { script.isEmpty }

    /// What a client does with its job, at random moments.
    static func script(
        spread: Int,
        hasCommands: Bool,
        random: inout SimulationRandom
    ) -> [(pause: Duration, request: Request)] {
        var script: [(pause: Duration, request: Request)] = [
            (random.milliseconds(0...spread * 400), .submit)
        ]
        guard hasCommands else { return script }
        for _ in 0..<random.number(0...4) {
            let command: JobCommand = random.element([
                .pause, .resume, .pause, .resume, .retry, .retry,
                .setPriority(random.number(-2...2)), .cancel,
            ])
            // Few jobs are cancelled, or most ends would be that.
            if command == .cancel && random.chance(0.6) { continue }
            script.append((random.milliseconds(0...spread * 300), .command(command)))
        }
        return script
    }

    /// Adds what is asked last, when the faults are over.
    mutating func append(_ request: Request, after pause: Duration, _ world: inout SimulationWorld)
    {
        let wasDone = script.isEmpty
        script.append((pause, request))
        if wasDone { wake(after: pause, &world) }
    }

    mutating func begin(_ world: inout SimulationWorld) {
        guard let first = script.first else { return }
        wake(after: first.pause, &world)
    }

    private mutating func wake(after pause: Duration, _ world: inout SimulationWorld) {
        token += 1
        world.plan(.client(index, token: token), after: pause)
    }

    /// Asks, or asks again.
    mutating func take(_ token: Int, _ world: inout SimulationWorld) {
        guard token == self.token, let request = script.first?.request else { return }
        if !isAsking {
            isAsking = true
            number += 1
        }
        let link = world.workerCount + index
        let message: SimulatedMessage
        switch request {
        case .submit: message = .submit(number: number, job: index)
        case .command(let command):
            guard let job else { return }
            if command == .cancel { hasCancelled = true }
            message = .command(number: number, job, command)
        case .workerCommand(let worker, let command):
            message = .workerCommand(number: number, worker, command)
        }
        world.note("client-\(index)", "> \(message)")
        world.send(message, over: link, isToCoordinator: true)
        let pause = world.random.milliseconds(1_000...4_000)
        wake(after: pause, &world)
    }

    mutating func read(_ message: SimulatedMessage, _ world: inout SimulationWorld) {
        switch message {
        case .submitted(let answered, let id):
            if let job, job != id { world.violate("client-\(index) has \(job) and \(id)") }
            job = id
            finish(answered, &world)
        case .done(let answered): finish(answered, &world)
        case .notFound(let answered):
            world.violate("client-\(index): \(job?.description ?? "no job") is not found")
            finish(answered, &world)
        default: world.violate("a client hears \(message)")
        }
    }

    private mutating func finish(_ answered: Int, _ world: inout SimulationWorld) {
        guard isAsking, answered == number else { return }
        isAsking = false
        script.removeFirst()
        if let next = script.first { wake(after: next.pause, &world) }
    }
}
