import Cuda
import Tensors
import TestSupport
import Testing

/// Copies on a stream of their own, with streams as late and as early as they may be.
@Suite(.enabled(if: EmulatedCuda.isAvailable, EmulatedCuda.reason))
struct CudaTransfersTests {
    private func numbered(_ count: Int, from first: Int) -> HostTensor {
        HostTensor((0..<count).map { Float((first + $0) % 4093) }, [count])
    }

    /// More than the ring holds, in pieces that do not divide it, between operations that use the
    /// same memory again.
    @Test(arguments: [false, true])
    func `what comes in is what was sent, whichever stream is ahead`(_ isHasty: Bool) throws {
        let emulated = try EmulatedCuda()
        emulated.set("hasty", isHasty ? 1 : 0)
        let backend = try emulated.backend(.float32)
        let count = CudaTransfers.ringBytes / 4 / 3 + 77
        var differences: [Tensor] = []
        for index in 0..<7 {
            let parts = [0, 2].map { backend.upload(numbered(count, from: 1000 * index + $0)) }
            for start in [0, count / 2, count - 500] {
                let ends = parts.map { $0.outer(start..<start + 500) }
                differences.append(backend.combine([(1, ends[1]), (-1, ends[0])]))
            }
        }
        for difference in differences {
            // Numbers begin anew at 4093.
            #expect(try difference.download().values.allSatisfy { $0 == 2 || $0 == -4091 })
        }
        let last = numbered(count, from: 3)
        #expect(try backend.upload(last).download() == last)
    }

    @Test(arguments: [false, true])
    func `what goes out is what was there`(_ isHasty: Bool) throws {
        let emulated = try EmulatedCuda()
        emulated.set("hasty", isHasty ? 1 : 0)
        let backend = try emulated.backend(.float16)
        // Pieces are of 2 MiB.
        for count in [1, 600_000] {
            let values = numbered(count, from: count).values.map { Float(Float16($0)) }
            let x = backend.upload(HostTensor(values, [count]))
            #expect(try x.download().values == values)
            #expect(try x.scaled(by: 2).download().values == values.map { 2 * $0 })
        }
        let wide = try emulated.backend(.float32)
        let values = numbered(2_000_003, from: 5)
        #expect(try wide.upload(values).download() == values)
    }

    @Test func `an upload waits for nothing while the ring has room`() throws {
        let emulated = try EmulatedCuda()
        let backend = try emulated.backend(.float32)
        emulated.clearLog()
        let parts = (0..<8).map { backend.upload(numbered(1 << 17, from: $0)) }
        #expect(!emulated.log.contains { $0.contains("Synchronize") })
        // The next ones find it full.
        _ = (0..<40).map { backend.upload(numbered(1 << 17, from: $0)) }
        #expect(emulated.log.contains("cuEventSynchronize"))
        #expect(!emulated.log.contains("cuStreamSynchronize"))
        for (index, part) in parts.enumerated() {
            #expect(try part.download() == numbered(1 << 17, from: index))
        }
    }

    /// Weights as a file holds them are staged piece by piece, each in the same memory.
    @Test(arguments: [false, true])
    func `weights of several pieces arrive whole`(_ isHasty: Bool) throws {
        let emulated = try EmulatedCuda()
        emulated.set("hasty", isHasty ? 1 : 0)
        let backend = try emulated.backend(.float32)
        let (rows, columns) = (512, 2200)
        let parameters = (0..<2).map { shift in
            let halves = StoredTensor.halves(named: "w", [rows, columns]) {
                (0..<rows * columns).map { Float16(($0 + shift) % 31) }
            }
            return backend.prepareLinear([(halves, nil)], gated: false)
        }
        let x = HostTensor((0..<columns).map { $0 == 5 || $0 == 2199 ? 1 : 0 }, [1, columns])
        for (shift, parameters) in parameters.enumerated() {
            let found = try backend.upload(x).linear(parameters).download().values
            let expected = (0..<rows).map { row in
                Float((row * columns + 5 + shift) % 31 + (row * columns + 2199 + shift) % 31)
            }
            #expect(found == expected)
        }
    }
}
