import Cuda
import TestSupport
import Testing

/// Opening libraries, against a driver and a compiler that are ours.
@Suite(.enabled(if: EmulatedCuda.isAvailable, EmulatedCuda.reason))
struct CudaPlatformTests {
    @Test func `libraries and devices are found and described`() throws {
        let emulated = try EmulatedCuda()
        let (inventory, platform) = CudaPlatform.open(emulated.search)
        #expect(platform != nil && inventory.refusal == nil)
        #expect(
            inventory.driver?.version == "12.8" && inventory.driver?.path == emulated.driverPath
        )
        #expect(inventory.compiler?.path == emulated.compilerPath)
        #expect(inventory.devices.map(\.index) == [0, 1])
        let first = try #require(inventory.devices.first)
        #expect(first.name == "Emulated Device 0" && first.capability == 90)
        #expect(first.identifier == "GPU-00010203-0405-0607-0809-0a0b0c0d0e0f")
        #expect(first.memoryBytes == 4 << 30 && first.refusal == nil)
        #expect(emulated.live == 0)
    }

    @Test func `a machine without a driver says so`() throws {
        let emulated = try EmulatedCuda()
        let search = LibrarySearch(
            drivers: ["libno-such-driver.so.1"],
            environment: { _ in nil },
            names: { _ in [] }
        )
        let (inventory, platform) = CudaPlatform.open(search)
        #expect(platform == nil && inventory.driver == nil && inventory.devices.isEmpty)
        let refusal = try #require(inventory.refusal)
        #expect(refusal.hasPrefix("libno-such-driver.so.1: cannot be opened: "))
        #expect(refusal.split(separator: "libno-such-driver").count == 1, "\(refusal)")
        #expect(emulated.calls == 0)
    }

    @Test func `a library that is no driver names what it lacks`() throws {
        let search = LibrarySearch(
            drivers: ["libm.so.6"],
            environment: { _ in nil },
            names: { _ in [] }
        )
        #expect(CudaPlatform.open(search).inventory.refusal == "libm.so.6: has no cuInit")
    }

    @Test func `no device, and a driver that is too old`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("devices", 0)
        let none = CudaPlatform.open(emulated.search)
        #expect(none.platform == nil)
        #expect(none.inventory.refusal == "the driver finds no device")
        // What is there is told all the same.
        #expect(none.inventory.compiler?.version == "12.8")

        emulated.set("devices", 1)
        emulated.set("driver", 11080)
        let old = CudaPlatform.open(emulated.search)
        #expect(old.platform == nil && old.inventory.devices.count == 1)
        #expect(old.inventory.refusal?.contains("speaks CUDA 11.8, at least 12.0") == true)
    }

    @Test func `a compiler newer than the driver is refused`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("nvrtc", 13)
        emulated.clearLog()
        let (inventory, platform) = CudaPlatform.open(emulated.search)
        #expect(platform == nil && inventory.compiler?.major == 13)
        #expect(inventory.refusal?.contains("too new for a driver of 12.8") == true)
        // What did not fit is not tried again.
        #expect(emulated.log.count { $0 == "nvrtcVersion" } == 1)
    }

    @Test func `compilers that cannot be opened are told by the last of them`() throws {
        let emulated = try EmulatedCuda()
        let search = LibrarySearch(
            drivers: [emulated.driverPath],
            namedCompilers: ["libno-such-compiler.so.1", "libm.so.6"],
            environment: { _ in nil },
            names: { _ in [] }
        )
        let (inventory, platform) = CudaPlatform.open(search)
        #expect(platform == nil && inventory.compiler == nil)
        #expect(inventory.refusal == "libm.so.6: has no nvrtcVersion")
    }

    @Test func `a device that is too small or too old is refused in words`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("capability", 75)
        let platform = try emulated.platform()
        let device = try #require(platform.devices.first)
        let error = #expect(throws: CudaError.self) {
            try CudaBackend(platform, device, cache: nil)
        }
        #expect(error?.description.contains("compute capability 7.5, at least 8.0") == true)
        emulated.set("capability", 80)
        emulated.set("memory", 2 << 30)
        #expect(try emulated.platform().devices[0].refusal?.contains("2048 MiB of memory") == true)
        emulated.set("memory", 4 << 30)
        emulated.set("missing_mapping", 1)
        #expect(try emulated.platform().devices[0].refusal == "no virtual memory management")
    }

    @Test func `a device newer than the compiler gets code that the driver translates`() throws {
        let emulated = try EmulatedCuda()
        emulated.set("capability", 121)
        emulated.set("largest_arch", 90)
        let platform = try emulated.platform()
        emulated.clearLog()
        _ = try CudaBackend(platform, platform.devices[0], cache: nil)
        #expect(emulated.log.contains("nvrtcGetPTX") && !emulated.log.contains("nvrtcGetCUBIN"))
    }
}
