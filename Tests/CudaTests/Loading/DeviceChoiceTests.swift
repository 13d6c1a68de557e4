import Cuda
import Testing

struct DeviceChoiceTests {
    private static func device(_ index: Int, capability: Int = 90) -> DeviceDescription {
        DeviceDescription(
            index: index,
            name: "Device \(index)",
            identifier: "GPU-0000000\(index)-0000",
            capability: capability,
            memoryBytes: 16 << 30,
            multiprocessors: 100,
            sharedBytes: 200 << 10,
            canMapMemory: true
        )
    }

    private static let machine = CudaInventory(
        devices: [device(0), device(1, capability: 70), device(2)]
    )
    private static let (first, last) = (
        DeviceChoice.cudaIdentifier("GPU-00000000-0000"),
        DeviceChoice.cudaIdentifier("GPU-00000002-0000")
    )

    private func devices(
        _ choices: [DeviceChoice],
        _ inventory: CudaInventory = machine
    ) throws(CudaError) -> [DeviceChoice] {
        try DeviceChoice.devices(of: choices) { inventory }
    }

    @Test func `automatic is every device that weft computes on, or else the processor`() throws {
        #expect(try devices([.automatic]) == [Self.first, Self.last])
        var broken = Self.machine
        broken.refusal = "no compiler"
        #expect(try devices([.automatic], broken) == [.cpu])
        let old = CudaInventory(devices: [Self.machine.devices[1]])
        #expect(try devices([.automatic], old) == [.cpu])
    }

    @Test func `what is named is taken in its order, and by its identifier`() throws {
        let named: [DeviceChoice] = [.cudaIndex(2), .cpu, .cudaIdentifier("GPU-00000000")]
        #expect(try devices(named) == [Self.last, .cpu, Self.first])
        #expect(try devices([.cudaIndex(2), .automatic]) == [Self.last, Self.first])
        #expect(try devices([.automatic, .cpu]) == [Self.first, Self.last, .cpu])
    }

    /// Who wants the processor does not wait for a driver.
    @Test func `the processor alone asks for no inventory`() throws {
        let devices = try DeviceChoice.devices(of: [.cpu]) {
            Issue.record("nobody needs to know")
            return CudaInventory()
        }
        #expect(devices == [.cpu])
    }

    @Test(
        arguments: [
            ([.cudaIndex(0), .cudaIndex(0)], "cuda:0: it is named twice"),
            (
                [.cudaIndex(2), .cudaIdentifier("GPU-00000002")],
                "cuda:GPU-00000002: it is named twice"
            ),
            ([.cpu, .cpu], "cpu: it is named twice"),
            ([.cudaIndex(1)], "cuda:1: Device 1: compute capability 7.0, at least 8.0 is needed"),
            ([.cudaIndex(0), .cpu, .cpu], "cpu: it is named twice"),
        ] as [([DeviceChoice], String)]
    )
    func `what cannot be had is one sentence`(_ choices: [DeviceChoice], _ words: String) {
        do throws(CudaError) {
            _ = try devices(choices)
            Issue.record("\(choices) were accepted")
        } catch {
            #expect(error.description == words)
        }
    }
}
