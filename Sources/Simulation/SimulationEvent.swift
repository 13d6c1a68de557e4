import Scheduling

/// Something that is going to happen at a planned time.
///
/// Timers of a process carry its start number (`boot`): those of a process that is gone do nothing.
enum SimulationEvent: Sendable {
    case arrival(Parcel)
    case coordinator(boot: Int, CoordinatorTimer)
    case worker(Int, boot: Int, WorkerTimer)
    case client(Int, token: Int)
    case startCoordinator
    case startWorker(Int)
    case fault
    /// No faults from here on.
    case calm
}

enum CoordinatorTimer: Sendable {
    case tick
    /// The transaction under way is on the disk.
    case committed
    case stored(Upload)
    case planning(JobID, token: Int)
    case assembly(JobID, token: Int)
}

enum WorkerTimer: Sendable {
    case tick
    case runner(token: Int)
    case runnerDied(token: Int)
    case repeatFetch(Lease, token: Int)
    case repeatChunk(token: Int)
}

/// A message on its way.
struct Parcel: Sendable {
    /// Workers first, then clients.
    let link: Int
    let isToCoordinator: Bool
    /// The connection of the link that it was sent on; what is on its way when one breaks is lost.
    let connection: Int
    let message: SimulatedMessage
}
