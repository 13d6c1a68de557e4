// Which worker gets which unit. Nothing here looks at all workers or all units: jobs with units for
// anybody are served while workers with room are left, and workers whose room changed look at
// what waits for them.
extension Farm {
    mutating func dispatch() {
        guard isWritable else {
            outbox.touched.removeAll(keepingCapacity: true)
            return
        }
        pullBacklogs()
        var next = jobs.open.first
        while let place = next, !workers.available.isEmpty {
            if !serve(place.job) { jobs.setDry(place) }
            next = jobs.open.after(place)
        }
        pullBacklogs()
        pullDry()
        outbox.touched.removeAll(keepingCapacity: true)
        speculate()
    }

    /// Gives units of a job to the workers with the most room.
    ///
    /// - Parameter id: A job with units for anybody.
    /// - Returns: Whether it may have more for the workers that are left.
    private mutating func serve(_ id: JobID) -> Bool {
        var cursor = workers.available.first
        while let place = cursor {
            guard jobs[id].ready.isOpenToAll else { return true }
            if mayServe(place.worker, id), let unit = choose(for: place.worker, in: id) {
                grant(unit, to: place.worker)
            } else if isCapped(id) {
                return serveHolders(of: id)
            }
            cursor = workers.available.after(place)
        }
        return workers.available.isEmpty
    }

    /// Whether only workers that have units of the job may get more.
    private func isCapped(_ id: JobID) -> Bool {
        guard let most = jobs[id].request.workersMax else { return false }
        return jobs[id].costs.leases.count >= most
    }

    private mutating func serveHolders(of id: JobID) -> Bool {
        for index in jobs[id].costs.leases.keys.sorted() {
            while workers[index].place != nil, pull(index, from: id) {}
        }
        return false
    }

    /// Workers whose room changed take what waits for them, unless a job before has units for all.
    private mutating func pullBacklogs() {
        for index in outbox.touched where workers[index].place != nil {
            var isPulling = !workers[index].backlogJobs.isEmpty
            while isPulling, workers[index].place != nil {
                isPulling = false
                for id in backlogJobsInOrder(of: index) {
                    if let first = jobs.open.first, first < JobPlace(jobs[id]) { break }
                    if pull(index, from: id) {
                        isPulling = true
                        break
                    }
                }
            }
        }
    }

    private func backlogJobsInOrder(of index: Int) -> [JobID] {
        let ids = workers[index].backlogJobs.filter { id in
            jobs.contains(id) && jobs[id].state == .running
                && jobs[id].ready.backlog(of: index) > 0
        }
        return ids.count < 2 ? ids : ids.sorted { JobPlace(jobs[$0]) < JobPlace(jobs[$1]) }
    }

    /// Workers whose room changed look at jobs that nobody else could serve.
    private mutating func pullDry() {
        guard !jobs.dry.isEmpty else { return }
        for index in outbox.touched where workers[index].place != nil {
            var next = jobs.dry.first
            while let place = next, workers[index].place != nil {
                while workers[index].place != nil, pull(index, from: place.job) {}
                next = jobs.dry.after(place)
            }
        }
    }

    private mutating func pull(_ index: Int, from id: JobID) -> Bool {
        guard mayServe(index, id), let unit = choose(for: index, in: id) else { return false }
        grant(unit, to: index)
        return true
    }

    /// The unit of a job that the worker would start: of the lowest round, its own windows first,
    /// then windows beside them, then others', then what waits too long for another worker.
    private func choose(for index: Int, in id: JobID) -> UnitKey? {
        let isFit = { (key: ReadyKey) in self.isFit(key.unit(of: id), for: index) }
        let last = workers[index].lastWindow.flatMap {
            $0.job == id ? jobs[id].key(of: $0) : nil
        }
        var best = jobs[id].ready.firstOwn(index, where: isFit)
        if let fresh = jobs[id].ready.firstFresh(after: last), fresh.isBefore(best) {
            best = fresh
        }
        if let free = jobs[id].ready.firstFree(where: isFit), free.isBefore(best) { best = free }
        if best == nil, workers[index].leases.isEmpty,
            let longest = jobs[id].ready.longestBacklog, longest.worker != index,
            longest.length > 1 || isLate(longest.worker, in: id)
        {
            best = jobs[id].ready.lastOwn(longest.worker, where: isFit)
        }
        return best?.unit(of: id)
    }

    /// Whether what waits for the worker waits longer than another one would take to prepare.
    private func isLate(_ index: Int, in id: JobID) -> Bool {
        guard workers[index].freeCredit <= 0 else { return true }
        let ends = workers[index].leases.compactMap { leases[$0]?.endsAt }
        guard let first = ends.min(), let setup = jobs[id].costs.setup.nanoseconds else {
            return false
        }
        return clock + Self.span(setup) < first
    }

    /// Lets idle workers look again at what waits for others.
    mutating func offerBacklogs() {
        guard !jobs.dry.isEmpty, let place = workers.available.first, place.load == 0 else {
            return
        }
        outbox.touched.append(place.worker)
    }
}
