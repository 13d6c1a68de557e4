/// All jobs by number, by key, and by who is served next.
struct JobTable: Sendable {
    /// In no order; a place is filled by the last when its job goes.
    private var records: [JobRecord] = []
    private var places: [JobID: Int] = [:]
    private(set) var ids = OrderedSet<JobID>()
    private var keys: [String: JobID] = [:]
    /// Jobs with units for any worker, in the order in which they are served.
    private(set) var open = OrderedSet<JobPlace>()
    /// Jobs with units for any worker that none of the available ones can take.
    private(set) var dry = OrderedSet<JobPlace>()
    private(set) var ended = OrderedSet<JobID>()
    private(set) var last = JobID(0)

    func contains(_ id: JobID) -> Bool { places[id] != nil }

    func find(_ id: JobID) -> JobRecord? { places[id].map { records[$0] } }

    /// A job that is there; read and changed in place.
    subscript(id: JobID) -> JobRecord {
        _read { yield records[place(of: id)] }
        _modify { yield &records[place(of: id)] }
    }

    private func place(of id: JobID) -> Int {
        guard let place = places[id] else { preconditionFailure("\(id) is not there") }
        return place
    }

    func job(for key: String) -> JobID? { keys[key] }

    mutating func add(_ id: JobID, _ request: JobRequest) {
        precondition(id > last, "\(id) after \(last)")
        places[id] = records.count
        records.append(JobRecord(id, request))
        keys[request.idempotencyKey] = id
        ids.insert(id)
        last = id
    }

    mutating func remove(_ id: JobID) {
        guard let place = places[id] else { return }
        leaveQueues(id)
        keys[self[id].request.idempotencyKey] = nil
        places[id] = nil
        records.swapAt(place, records.count - 1)
        records.removeLast()
        if place < records.count { places[records[place].id] = place }
        ids.remove(id)
        ended.remove(id)
    }

    mutating func setState(_ id: JobID, _ state: JobState, _ reason: String?) {
        self[id].state = state
        self[id].reason = reason
        if state.isFinal { ended.insert(id) } else { ended.remove(id) }
        offer(id)
    }

    mutating func setPriority(_ id: JobID, _ priority: Int) {
        leaveQueues(id)
        self[id].setPriority(priority)
        offer(id)
    }

    /// The job has units for any worker, or may have: it is served next time.
    mutating func offer(_ id: JobID) {
        let place = JobPlace(self[id])
        if !dry.isEmpty { dry.remove(place) }
        if self[id].state == .running, self[id].ready.isOpenToAll {
            open.insert(place)
        } else {
            open.remove(place)
        }
    }

    /// The job may have nothing left for any worker.
    mutating func closeIfServed(_ id: JobID) {
        if !self[id].ready.isOpenToAll { open.remove(JobPlace(self[id])) }
    }

    /// Nobody who is available can take what the job has.
    mutating func setDry(_ place: JobPlace) {
        open.remove(place)
        if self[place.job].state == .running, !self[place.job].ready.isEmpty {
            dry.insert(place)
        }
    }

    private mutating func leaveQueues(_ id: JobID) {
        let place = JobPlace(self[id])
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
