import Logging
import Scheduling
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker

struct SpoolTests {
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let expected = InputDescription("latents", .float32, [2, 3])

    static func open(_ folder: TemporaryFolder, bytes: Int = 1 << 20) throws -> Spool {
        let spool = try Spool(folder: folder("spool"), byteLimit: bytes, logger: logger)
        if spool.farm == nil { try spool.enter(farm) }
        return spool
    }

    static let farm = makeFarm(7)

    static func makeFarm(_ byte: UInt8) -> FarmID {
        do {
            return try FarmID([UInt8](repeating: byte, count: WireLimits.farmIDBytes))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// What lies in the spool beside the farm's name.
    static func names(_ folder: TemporaryFolder) throws -> [String] {
        try SystemFile.names(in: folder("spool")).filter { $0 != "farm" }
    }

    /// Six times 1.5, little-endian.
    static let expectedBytes = (0..<6).flatMap { _ -> [UInt8] in [0, 0, 0xC0, 0x3F] }

    /// What a runner does at the end of a unit.
    static func make(_ path: String, name: String = "latents", shape: Shape = [2, 3]) throws {
        let tensor = HostTensor(repeating: 1.5, shape)
        try SafetensorsFile.write([name: tensor], to: path)
    }

    static let leases = [
        FetcherTests.lease(3, epoch: 9), FetcherTests.lease(1, round: 2, epoch: 11),
        Lease(
            UnitKey(job: JobID(12), shot: 0, unit: UnitID(.content)),
            Epoch(instance: 2, number: 1)
        ),
        Lease(
            UnitKey(job: JobID(12), shot: 7, unit: UnitID(.decode, index: 40)),
            Epoch(instance: 2, number: 100)
        ),
    ]

    @Test func `results are there again after a restart, and gone once answered for`() throws {
        let folder = try TemporaryFolder()
        let spool = try Self.open(folder)
        for lease in Self.leases.reversed() {
            #expect(spool.reserve(5000, for: lease))
            try Self.make(spool.path(of: lease))
            try spool.admit(lease, expecting: Self.expected)
        }
        let again = try Self.open(folder)
        #expect(again.leases == Self.leases)
        let file = try again.result(of: Self.leases[2])
        #expect(file.fits(Self.expected) && file.byteCount == 24)
        #expect(file.bytes(in: 0..<24) == Self.expectedBytes)
        #expect(file.checksum == Checksum.of(file.bytes(in: 0..<24)))
        for lease in Self.leases { again.remove(lease) }
        #expect(try Self.open(folder).leases == [])
        #expect(again.freeByteCount == 1 << 20)
        #expect(try Self.names(folder) == [])
    }

    @Test func `files that are no results are put aside, a bounded number of them`() throws {
        let folder = try TemporaryFolder()
        let name = "\(Self.farm)_job-1_0_sample_3_0@1.9.safetensors"
        _ = try folder.write("not safetensors", to: "spool/\(name)")
        _ = try folder.write("x", to: "spool/notes.txt")
        _ = try folder.write("x", to: "spool/\(Self.farm)_job-01_content@1.1.safetensors")
        _ = try folder.write("x", to: "spool/job-1_content@1.1.safetensors")
        _ = try folder.write("half", to: "spool/.\(name).123-4.partial")
        let spool = try Self.open(folder)
        #expect(spool.leases == [])
        #expect(
            try SystemFile.names(in: folder("spool/aside"))
                == [
                    "\(Self.farm)_job-01_content@1.1.safetensors", name,
                    "job-1_content@1.1.safetensors", "notes.txt",
                ]
        )
        #expect(try Self.names(folder) == ["aside"])
        for number in 0..<40 { _ = try folder.write("x", to: "spool/\(number)") }
        _ = try Self.open(folder)
        #expect(try SystemFile.names(in: folder("spool/aside")).count == Spool.asideMax)
    }

    @Test func `a result that is not what was asked for is not taken`() throws {
        let folder = try TemporaryFolder()
        let spool = try Self.open(folder)
        let lease = Self.leases[0]
        #expect(spool.reserve(5000, for: lease))
        try Self.make(spool.path(of: lease), shape: [3, 2])
        #expect(throws: SpoolError.self) { try spool.admit(lease, expecting: Self.expected) }
        try Self.make(spool.path(of: lease), name: "depth")
        #expect(throws: SpoolError.self) { try spool.admit(lease, expecting: Self.expected) }
        #expect(throws: (any Error).self) { try spool.admit(lease, expecting: Self.expected) }
        #expect(spool.leases == [] && spool.freeByteCount == 1 << 20)
        #expect(try Self.names(folder) == [])
    }

    @Test func `room is reserved before a unit runs, and given back`() throws {
        let folder = try TemporaryFolder()
        let spool = try Self.open(folder, bytes: 10_000)
        #expect(spool.reserve(6000, for: Self.leases[0]))
        #expect(!spool.reserve(6000, for: Self.leases[1]))
        // Asked for twice, it counts once.
        #expect(spool.reserve(6000, for: Self.leases[0]))
        #expect(spool.freeByteCount == 4000)
        spool.remove(Self.leases[0])
        #expect(spool.reserve(6000, for: Self.leases[1]))
        withExtendedLifetime(folder) {}
    }

    @Test func `a result that was damaged on the disk is not sent`() throws {
        let folder = try TemporaryFolder()
        let lease = Self.leases[0]
        try SystemFile.makeFolder(folder("spool"))
        try Self.make(try Self.open(folder).path(of: lease))
        let spool = try Self.open(folder)
        #expect(spool.leases == [lease])
        _ = try folder.write("damaged", to: "spool/\(Self.farm)_job-1_0_sample_3_0@1.9.safetensors")
        #expect(throws: SafetensorsError.self) { try spool.result(of: lease) }
        #expect(spool.leases == [])
        #expect(try SystemFile.names(in: folder("spool/aside")).count == 1)
    }

    @Test func `partial files of a runner that died are removed`() throws {
        let folder = try TemporaryFolder()
        let spool = try Self.open(folder)
        let partial = try AtomicFile(replacing: spool.path(of: Self.leases[0]))
        try partial.write([1, 2, 3], at: 0)
        #expect(try Self.names(folder).count == 1)
        try spool.removePartialFiles()
        #expect(try Self.names(folder) == [])
    }

    @Test func `results of another farm wait until the worker is of that farm again`() throws {
        let folder = try TemporaryFolder()
        let spool = try Self.open(folder, bytes: 10_000)
        // Leases of two farms bear the same names.
        let lease = Self.leases[0]
        try Self.make(spool.path(of: lease))
        try spool.admit(lease, expecting: Self.expected)
        let free = spool.freeByteCount
        try spool.enter(Self.makeFarm(8))
        #expect(spool.leases == [])
        // What waits for others takes room all the same.
        #expect(spool.freeByteCount <= free)
        try Self.make(spool.path(of: lease))
        try spool.admit(lease, expecting: Self.expected)
        spool.remove(lease)
        let again = try Spool(folder: folder("spool"), byteLimit: 10_000, logger: Self.logger)
        #expect(again.farm == Self.makeFarm(8) && again.leases == [])
        try again.enter(Self.farm)
        #expect(again.leases == [lease])
        #expect(try again.result(of: lease).fits(Self.expected))
        #expect(again.freeByteCount == free)
    }
}
