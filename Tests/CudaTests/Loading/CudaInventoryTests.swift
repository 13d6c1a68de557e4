import Cuda
import Testing

struct CudaInventoryTests {
    private func device(
        _ index: Int,
        capability: Int = 80,
        gibibytes: Int = 24
    ) -> DeviceDescription {
        DeviceDescription(
            index: index,
            name: "device \(index)",
            identifier: "GPU-\(index)a2b3c4d-0000-0000-0000-000000000000",
            capability: capability,
            memoryBytes: gibibytes << 30,
            multiprocessors: 100,
            sharedBytes: 99 << 10,
            canMapMemory: true
        )
    }

    @Test func `choices are read as they are written`() {
        let texts = ["cpu", "auto", "cuda:0", "cuda:17", "cuda:GPU-8f2d11aa"]
        for text in texts { #expect(DeviceChoice(text)?.description == text) }
        #expect(DeviceChoice("cuda") == .cudaIndex(0))
        for text in ["", "gpu", "cuda:", "cuda:-1", "cuda:+1", "cuda:x", "cuda:GPU-", "cpu:0", ":"]
        {
            #expect(DeviceChoice(text) == nil, "\(text)")
        }
    }

    @Test func `auto takes the largest device that is not refused, or none`() throws {
        var inventory = CudaInventory(
            devices: [
                device(0), device(1, capability: 75, gibibytes: 80), device(2, gibibytes: 48),
                device(3, gibibytes: 48),
            ]
        )
        #expect(try DeviceChoice.automatic.device(in: inventory)?.index == 2)
        inventory.refusal = "no compiler"
        #expect(try DeviceChoice.automatic.device(in: inventory) == nil)
        #expect(try DeviceChoice.automatic.device(in: CudaInventory()) == nil)
        #expect(try DeviceChoice.cpu.device(in: inventory) == nil)
    }

    @Test func `who multiplies is told where there is a driver, and why it is nobody else`() {
        var inventory = CudaInventory(productsRefusal: "libm.so.6: has no cublasLtCreate")
        #expect(inventory.productsText == nil)
        inventory.driver = CudaInventory.Library(path: "libcuda.so.1", major: 12, minor: 8)
        #expect(
            inventory.productsText
                == "weft's own kernels alone; no cuBLASLt: libm.so.6: has no cublasLtCreate"
        )
        inventory.products = CudaInventory.Library(
            path: "/lib/libcublasLt.so.12",
            major: 12,
            minor: 9,
            patch: 3
        )
        #expect(
            inventory.productsText
                == "weft's own kernels, or with --products cublaslt cuBLASLt 12.9.3, "
                + "/lib/libcublasLt.so.12"
        )
    }

    @Test func `a device that was asked for is found or the reason told`() throws {
        var inventory = CudaInventory(devices: [device(0), device(1, capability: 75)])
        #expect(try DeviceChoice.cudaIndex(0).device(in: inventory)?.index == 0)
        #expect(try DeviceChoice.cudaIdentifier("GPU-0a2b").device(in: inventory)?.index == 0)
        func refusal(_ choice: DeviceChoice) -> String {
            do throws(CudaError) {
                _ = try choice.device(in: inventory)
                return ""
            } catch {
                return error.description
            }
        }
        #expect(refusal(.cudaIndex(1)).contains("compute capability 7.5, at least 8.0 is needed"))
        #expect(refusal(.cudaIndex(2)).contains("no such device; there are: 0 (GPU-0a2b3c4d"))
        #expect(refusal(.cudaIdentifier("GPU-ffff")).contains("no such device"))
        inventory.devices[1] = device(0)
        #expect(refusal(.cudaIdentifier("GPU-0a2b")).contains("2 devices begin like that"))
        inventory.refusal = "the driver finds no device"
        #expect(refusal(.cudaIndex(0)) == "cuda:0: the driver finds no device")
    }
}
