import Foundation
import Testing
import Worker

private func fixture(_ name: String) throws -> DeviceInventory {
    let folder = try #require(Bundle.module.resourceURL).appending(path: "Fixtures/\(name)")
    return try DeviceInventory.read(root: folder.path)
}

private let memory = "MemTotal: 1024 kB\nMemAvailable: 512 kB\n"

struct DeviceInventoryTests {
    @Test func `a server's files`() throws {
        let server = try fixture("server")
        #expect(server.processorName == "AMD EPYC")
        #expect(server.logicalProcessors == 2)
        #expect(server.cores == 2)
        #expect(
            server.instructionSets == [
                .avx, .fma, .f16c, .avx2, .avx512f, .avx512bw, .avx512dq, .avx512vl, .avx512vnni,
                .avx512bf16,
            ]
        )
        #expect(server.memoryBytes == 24_684_092 << 10)
        #expect(server.memoryLimitBytes == nil)
        #expect(server.usableMemoryBytes == server.memoryBytes)
    }

    @Test func `a container's limit is below the machine's memory, and threads are not cores`()
        throws
    {
        let container = try fixture("container")
        #expect(container.logicalProcessors == 4)
        #expect(container.cores == 2)
        #expect(container.instructionSets == [.avx, .fma, .f16c, .avx2])
        #expect(container.availableMemoryBytes == 4_203_120 << 10)
        #expect(container.usableMemoryBytes == 2 << 30)
    }

    @Test func `a machine that numbers no cores has one per processor`() throws {
        let inventory = try DeviceInventory(
            processors: "processor : 0\n\nprocessor : 1\n",
            memory: memory
        )
        #expect(inventory.cores == 2)
        #expect(inventory.processorName.isEmpty)
        #expect(inventory.instructionSets.isEmpty)
    }

    @Test func `an extension counts only if every processor has it`() throws {
        let processors = "processor: 0\nflags: avx avx2\n\nprocessor: 1\nflags: avx\n"
        let inventory = try DeviceInventory(processors: processors, memory: memory)
        #expect(inventory.instructionSets == [.avx])
    }

    @Test(arguments: [
        ("", memory, "/proc/cpuinfo: no processor listed"),
        ("processor: 0", "MemTotal: 1 kB", "/proc/meminfo: no line MemAvailable"),
        (
            "processor: 0", "MemTotal: much\n",
            "/proc/meminfo: expected a size in kB, found 'MemTotal: much'"
        ),
    ])
    func `files that say nothing are errors`(processors: String, memory: String, text: String) {
        let error = #expect(throws: InventoryError.self) {
            try DeviceInventory(processors: processors, memory: memory)
        }
        #expect(error?.description == text)
    }

    @Test func `a folder without the files is an error that names the first`() {
        let error = #expect(throws: InventoryError.self) {
            try DeviceInventory.read(root: "/nonexistent")
        }
        #expect(error?.description == "/proc/cpuinfo: cannot be read; is this Linux?")
    }

    @Test func `this machine can be described`() throws {
        let here = try DeviceInventory.read()
        #expect(here.cores >= 1 && here.logicalProcessors >= here.cores)
        #expect(here.availableMemoryBytes <= here.memoryBytes)
    }
}
