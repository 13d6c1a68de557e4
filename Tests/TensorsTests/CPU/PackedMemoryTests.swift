import Tensors
import TestSupport
import Testing

struct PackedMemoryTests {
    private func weight(_ seed: Int, _ rows: Int, _ columns: Int) -> StoredTensor {
        let values = randomTensor([rows, columns], seed: UInt64(seed)).values
        return StoredTensor(name: "w", shape: [rows, columns]) { values }
    }

    @Test(arguments: KernelVersion.available)
    func `weights that are packed where others were give the same bits`(
        version: KernelVersion
    ) throws {
        let configuration = CPUConfiguration(threads: 1, kernels: version)
        let used = CPUBackend(configuration)
        let sizes = [(5, 7, false), (33, 40, false), (34, 9, true), (1, 1, false)]
        for (rows, columns, gated) in sizes {
            let x = randomTensor([3, columns], seed: 3)
            func product(_ seed: Int, on backend: CPUBackend) throws -> HostTensor {
                let parts = [(weight: weight(seed, rows, columns), bias: StoredTensor?.none)]
                let parameters = backend.prepareLinear(parts, gated: gated)
                let input = backend.upload(x)
                return try gated
                    ? backend.gatedLinear(input, parameters).download()
                    : backend.linear(input, parameters, activation: .identity, residual: nil)
                        .download()
            }
            let fresh = try product(2, on: CPUBackend(configuration))
            _ = try product(1, on: used)
            #expect(try product(2, on: used) == fresh)
            used.releaseUnusedMemory()
            #expect(try product(2, on: used) == fresh)
        }
        #expect(used.memory.parameterBytes == 0)
    }
}
