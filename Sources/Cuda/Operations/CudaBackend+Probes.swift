internal import CCudaKernels
import Tensors

// What the device can do at most, for benchmarks.
extension CudaBackend: MeasurableBackend {
    package func probeArithmetic() -> Double {
        let (blocks, threads, rounds) = (8 * device.multiprocessors, 256, 4096)
        let result = allocate([blocks * threads * 4 / precision.byteCount])
        attempt { () throws(CudaError) in
            let job = weft_cuda_probe(y: try address(result), rounds: Int32(rounds))
            let kernel: Kernel = precision == .float32 ? .probeArithmetic : .probeTensor
            try session.launch(kernel, blocks: blocks, threads: threads, job)
        }
        // A round is 64 multiply-adds of a thread, or eight products of 16 by 8 by 16 of a warp,
        // half as deep in TF32.
        let perThread =
            switch precision {
            case .float32: 64
            case .tf32: 8 * 16 * 8 * 8 / 32
            case .float16, .bfloat16: 8 * 16 * 8 * 16 / 32
            }
        return 2 * Double(blocks * threads * rounds) * Double(perThread)
    }

    package func probeCopy() -> Int {
        let bytes = 256 << 20
        let source = allocate([bytes / precision.byteCount])
        let target = allocate([bytes / precision.byteCount])
        attempt { () throws(CudaError) in
            try session.copy(bytes, from: address(source), to: address(target))
        }
        return 2 * bytes
    }
}
