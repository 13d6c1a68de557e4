import Coordinator
import Glibc
import Scheduling
import TestSupport
import Testing
import WireProtocol

struct ArtifactStoreTests {
    /// A result of a unit, its bytes drawn from its place.
    private struct Sample {
        let unit: UnitKey
        let bytes: [UInt8]
        let summary: ResultSummary

        init(job: UInt64, shot: Int, index: Int) {
            unit = UnitKey(
                job: JobID(job),
                shot: shot,
                unit: UnitID(.sample, index: index, round: 2)
            )
            let count = 40 + index
            bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 31 + index + shot) }
            summary = ResultSummary(
                checksum: Checksum.of(bytes),
                byteCount: bytes.count,
                least: 0,
                largest: 1
            )
        }
    }

    private func store(_ files: SimulatedFiles) -> ArtifactStore {
        ArtifactStore(jobs: "/jobs", spool: "/spool", files: files)
    }

    private let groups = [
        [Sample(job: 1, shot: 0, index: 0)],
        [Sample(job: 1, shot: 0, index: 1), Sample(job: 1, shot: 1, index: 0)],
        [Sample(job: 2, shot: 0, index: 5), Sample(job: 1, shot: 0, index: 7)],
    ]

    /// R1: the power fails before each step in turn, and chance decides what of the unsynced
    /// reached the disk. What `write` returned for is there, to the bit; what is there is right or
    /// refused.
    @Test(arguments: UInt64(0)..<8)
    func `results that were promised outlive a crash at any step`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var crashes = 0
        for steps in 0... {
            let files = SimulatedFiles(stepsLeft: steps)
            let store = store(files)
            var promised: [Sample] = []
            var isCrashed = false
            for group in groups where !isCrashed {
                do {
                    try store.write(group.map { ($0.unit, $0.bytes) })
                    promised += group
                } catch {
                    isCrashed = true
                }
            }
            let after = self.store(files.crashed(&random))
            for sample in promised {
                #expect(try after.read(sample.unit, expecting: sample.summary) == sample.bytes)
            }
            for sample in groups.joined() {
                let found = try? after.read(sample.unit, expecting: sample.summary)
                #expect(found == nil || found == sample.bytes)
            }
            // The store goes on from whatever the crash left.
            for group in groups { try after.write(group.map { ($0.unit, $0.bytes) }) }
            for sample in groups.joined() {
                #expect(try after.read(sample.unit, expecting: sample.summary) == sample.bytes)
            }
            guard isCrashed else { break }
            crashes += 1
        }
        #expect(crashes > 20, "\(crashes) crashes")
    }

    /// R18: keeps what it has, says so, and works again when there is room.
    @Test func `a full disk loses nothing and leaves nothing`() throws {
        let files = SimulatedFiles(bytesLeft: 60)
        let store = store(files)
        try store.write(groups[0].map { ($0.unit, $0.bytes) })
        let error = #expect(throws: ArtifactError.self) {
            try store.write(groups[1].map { ($0.unit, $0.bytes) })
        }
        #expect(error?.isFull == true && error?.isBrokenPromise == false)
        #expect(!files.paths.contains { $0.hasSuffix(".part") })
        let first = groups[0][0]
        #expect(try store.read(first.unit, expecting: first.summary) == first.bytes)
        files.addRoom(1 << 20)
        try store.write(groups[1].map { ($0.unit, $0.bytes) })
        for sample in groups[1] {
            #expect(try store.read(sample.unit, expecting: sample.summary) == sample.bytes)
        }
    }

    @Test(arguments: [EIO, ENOSPC])
    func `a sync that failed is a broken promise`(code: Int32) throws {
        let files = SimulatedFiles()
        files.breakSync(code)
        let error = #expect(throws: ArtifactError.self) {
            try store(files).write(groups[0].map { ($0.unit, $0.bytes) })
        }
        #expect(error?.isBrokenPromise == true && error?.isFull == false)
    }

    /// R4: a result that is not as it was accepted is never given out.
    @Test func `damage and loss are told apart from results`() throws {
        let sample = groups[0][0]
        for cut in [true, false] {
            let files = SimulatedFiles()
            let store = store(files)
            try store.write([(sample.unit, sample.bytes)])
            files.damage(store.path(of: sample.unit), cut: cut)
            let error = #expect(throws: ArtifactError.self) {
                try store.read(sample.unit, expecting: sample.summary)
            }
            guard case .damaged(sample.unit, _) = error?.code else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        let store = store(SimulatedFiles())
        let error = #expect(throws: ArtifactError.self) {
            try store.read(sample.unit, expecting: sample.summary)
        }
        #expect(error?.code == .missing(sample.unit))
        #expect(error?.description == "the result of job-1/0/sample/0/2 is missing")
    }

    @Test func `results go one by one, by job, and with jobs that are gone`() throws {
        let folder = try TemporaryFolder()
        let state = try StateFolder(folder("state"))
        let store = ArtifactStore(state)
        for group in groups { try store.write(group.map { ($0.unit, $0.bytes) }) }
        let all = Array(groups.joined())
        let bytes = all.filter { $0.unit.job == JobID(1) }.reduce(0) { $0 + $1.bytes.count }
        #expect(try store.bytesUsed(by: JobID(1)) == bytes)
        #expect(try store.bytesUsed(by: JobID(9)) == 0)

        store.remove(all[0].unit)
        store.remove(all[0].unit)
        #expect(throws: ArtifactError.self) {
            try store.read(all[0].unit, expecting: all[0].summary)
        }
        #expect(try store.read(all[1].unit, expecting: all[1].summary) == all[1].bytes)
        // Written again after its folder went.
        store.remove(JobID(1))
        #expect(try store.bytesUsed(by: JobID(1)) == 0)
        try store.write([(all[0].unit, all[0].bytes)])
        #expect(try store.read(all[0].unit, expecting: all[0].summary) == all[0].bytes)
        store.removeAll(besides: [JobID(2)])
        #expect(try store.bytesUsed(by: JobID(1)) == 0)
        #expect(try store.bytesUsed(by: JobID(2)) > 0)
    }

    @Test func `a real disk that is full is told as full`() throws {
        let folder = try TemporaryFolder()
        guard let disk = SmallDisk(in: folder, kibibytes: 256) else { return }
        do {
            let store = ArtifactStore(try StateFolder(disk.path + "/state"))
            let sample = groups[0][0]
            try store.write([(sample.unit, sample.bytes)])
            let large = [UInt8](repeating: 1, count: 1 << 20)
            let error = #expect(throws: ArtifactError.self) {
                try store.write([(groups[1][0].unit, large)])
            }
            #expect(error?.isFull == true)
            #expect(try store.read(sample.unit, expecting: sample.summary) == sample.bytes)
        }
    }
}
