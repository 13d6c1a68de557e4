import Scheduling
import WireProtocol

/// What the queues have for the loop.
enum Letter: Sendable {
    case stored([DeliveryOutcome])
    case inputBuilt(InputKey, Result<InputTensor, any Error>)
    case measured(Candidate)
    case lost(LostResult)
    case unmeasured(Candidate, LostResult)
    case errand(Errand, JobID, ErrandNews)
    /// Whether a file could be written and synced again.
    case probed(isWritable: Bool)
}

/// What planning and assembling have to tell.
enum ErrandNews: Sendable {
    case planned(PlannedShots)
    case planningFailed(String)
    /// Frames that are in the output so far.
    case written(Int)
    case assembled
    case assemblyFailed(String)
    /// A result that the output needs is gone; the machine has it made again.
    case lost(LostResult)
}
