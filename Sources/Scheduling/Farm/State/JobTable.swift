/// All jobs by number, by key, and by who is served next.
struct JobTable: Sendable {
    private var records: [JobID: JobRecord] = [:]
    private(set) var ids = OrderedSet<JobID>()
    private var keys: [String: JobID] = [:]
    /// Jobs with units for any worker, in the order in which they are served.
    private(set) var open = OrderedSet<JobPlace>()
    /// Jobs with units for any worker that none of the available ones can take.
    private(set) var dry = OrderedSet<JobPlace>()
    private(set) var ended = OrderedSet<JobID>()
    private(set) var last = JobID(0)

    subscript(id: JobID) -> JobRecord? { records[id] }

    func job(for key: String) -> JobID? { keys[key] }

    mutating func add(_ id: JobID, _ request: JobRequest) {
        precondition(id > last, "\(id) after \(last)")
        records[id] = JobRecord(id, request)
        keys[request.idempotencyKey] = id
        ids.insert(id)
        last = id
    }

    mutating func remove(_ id: JobID) {
        guard let record = records[id] else { return }
        leaveQueues(id)
        records[id] = nil
        keys[record.request.idempotencyKey] = nil
        ids.remove(id)
        ended.remove(id)
    }

    /// Changes a job that is there, in place.
    @discardableResult
    mutating func change<Result>(
        _ id: JobID,
        _ change: (inout JobRecord) -> Result
    ) -> Result {
        change(&records[id]!)
    }

    mutating func setState(_ id: JobID, _ state: JobState, _ reason: String?) {
        records[id]!.state = state
        records[id]!.reason = reason
        if state.isFinal { ended.insert(id) } else { ended.remove(id) }
        offer(id)
    }

    mutating func setPriority(_ id: JobID, _ priority: Int) {
        leaveQueues(id)
        records[id]!.setPriority(priority)
        offer(id)
    }

    /// The job has units for any worker, or may have: it is served next time.
    mutating func offer(_ id: JobID) {
        guard let record = records[id] else { return }
        let place = JobPlace(record)
        dry.remove(place)
        if record.state == .running, record.ready.isOpenToAll {
            open.insert(place)
        } else {
            open.remove(place)
        }
    }

    /// Nobody who is available can take what the job has.
    mutating func setDry(_ place: JobPlace) {
        open.remove(place)
        if let record = records[place.job], record.state == .running, !record.ready.isEmpty {
            dry.insert(place)
        }
    }

    private mutating func leaveQueues(_ id: JobID) {
        let place = JobPlace(records[id]!)
        open.remove(place)
        dry.remove(place)
    }
}

/// Order in which jobs are served: the highest priority, then who came first.
struct JobPlace: Comparable, Sendable {
    let priority: Int
    let job: JobID

    init(_ record: JobRecord) {
        priority = record.request.priority
        job = record.id
    }

    static func < (left: JobPlace, right: JobPlace) -> Bool {
        left.priority != right.priority ? left.priority > right.priority : left.job < right.job
    }
}
