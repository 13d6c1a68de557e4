import Dispatch
import Scheduling
import WireProtocol

/// The queues on which the coordinator reads, computes and writes, and what runs on them.
///
/// Of the loop's thread; what it starts comes back as letters.
final class MediaDesk {
    /// For what takes milliseconds and reads results only: blending, measuring.
    let computing = DispatchQueue(label: "weft.computing", attributes: .concurrent)
    private let mailbox: Mailbox<Letter>
    private let errandQueue = DispatchQueue(label: "weft.errands", attributes: .concurrent)
    private var sources: [JobID: MediaSources] = [:]
    private var errands: [JobID: [Errand]] = [:]
    private let running = DispatchGroup()

    init(_ mailbox: Mailbox<Letter>) {
        self.mailbox = mailbox
    }

    // MARK: Inputs

    /// The pictures of a job that its units are given.
    ///
    /// - Throws: `JobMediaError` if a number of the job is out of range.
    func sources(
        of job: JobID,
        _ specification: JobSpecification
    ) throws(JobMediaError) -> MediaSources {
        if let known = sources[job] { return known }
        let fresh = try MediaSources(specification)
        sources[job] = fresh
        return fresh
    }

    /// Where an input is made: pictures of one job one after the other, since a decoder goes
    /// forward best; everything else side by side.
    func queue(for recipe: InputRecipe) -> DispatchQueue {
        if case .media(let sources, _, _) = recipe { sources.queue } else { computing }
    }

    // MARK: Errands

    /// Starts long work for a job.
    ///
    /// - Parameters:
    ///   - job: Whose.
    ///   - work: Runs on a queue; tells its news, and ends soon once the errand is abandoned.
    func start(
        _ job: JobID,
        _ work: @escaping @Sendable (Errand, (ErrandNews) -> Void) -> Void
    ) {
        let errand = Errand()
        errands[job, default: []].append(errand)
        let mailbox = mailbox
        errandQueue.async(group: running) {
            work(errand) { mailbox.post(.errand(errand, job, $0)) }
        }
    }

    /// Ends what runs for a job, and drops what is kept for it.
    func abandon(_ job: JobID) {
        for errand in errands.removeValue(forKey: job) ?? [] { errand.abandon() }
        sources[job] = nil
    }

    /// An errand has told its last news.
    func finished(_ errand: Errand, of job: JobID) {
        errands[job]?.removeAll { $0 === errand }
    }

    /// Ends everything and waits until it has.
    func close() {
        for job in Array(errands.keys) { abandon(job) }
        running.wait()
    }
}
