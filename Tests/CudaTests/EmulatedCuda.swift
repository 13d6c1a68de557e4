import Cuda
import Glibc
import Tensors
import TestSupport
import Testing

/// A driver and a compiler that run the kernels on this processor, in this process. Each has a
/// state of its own.
final class EmulatedCuda {
    private let libraries: EmulatedLibraries
    private let handle: UnsafeMutableRawPointer

    static var isAvailable: Bool { EmulatedLibraries.isAvailable }
    static var reason: Comment { Comment(rawValue: EmulatedLibraries.reason) }

    init() throws {
        libraries = try EmulatedLibraries()
        handle = try #require(dlopen(libraries.driver, RTLD_NOW | RTLD_LOCAL))
        call("weft_emulator_reset")
    }

    var driverPath: String { libraries.driver }
    var compilerPath: String { libraries.compiler }
    var productsPath: String { libraries.products }

    /// Finds this driver and this compiler, and nothing of the machine's.
    var search: LibrarySearch {
        let home = libraries.home
        return LibrarySearch(
            drivers: [driverPath],
            // Not one that another test of this process has opened.
            namedCompilers: [],
            namedProducts: [],
            environment: { $0 == "CUDA_HOME" ? home : nil },
            names: { folder in
                folder == "\(home)/lib64"
                    ? ["libcuda.so.1", "libnvrtc.so.12", "libcublasLt.so.12"] : []
            }
        )
    }

    func platform() throws -> CudaPlatform {
        let found = CudaPlatform.open(search)
        guard let platform = found.platform else {
            throw EmulatedLibraries.Unavailable(found.inventory.refusal ?? "no reason")
        }
        return platform
    }

    func backend(
        _ precision: CudaPrecision = .float16,
        usesLibrary: Bool = false,
        cache: KernelCache? = nil
    ) throws -> CudaBackend {
        let platform = try platform()
        return try CudaBackend(
            platform,
            try #require(platform.devices.first),
            precision: precision,
            products: usesLibrary
                ? try CudaPlatform.openProducts(search, for: platform.driver.description) : nil,
            cache: cache
        )
    }

    /// Operations of every kind on tensors of the backend; what the last of them made.
    static func work(on backend: CudaBackend) -> Tensor {
        func stored(_ name: String, _ shape: Shape) -> StoredTensor {
            StoredTensor(name: name, shape: shape) {
                (0..<shape.count).map { Float($0 % 7) / 7 - 0.4 }
            }
        }
        let convolution = backend.prepareConvolution(
            weight: stored("convolution", [16, 16, 3, 3]),
            bias: stored("bias", [16]),
            stride: 1,
            padding: Padding(1)
        )
        let gate = backend.prepareLinear([(stored("gate", [32, 16]), nil)], gated: true)
        let norm = NormParameters(
            scale: backend.prepareTensor(stored("scale", [16]), as: [16]),
            shift: backend.prepareTensor(stored("shift", [16]), as: [16]),
            epsilon: 1e-5
        )
        let x = backend.upload(HostTensor(repeating: 0.5, [2, 3, 3, 16]))
        let normed = x.groupNorm(norm, groups: 4, activation: .silu)
        let tokens = normed.convolve(convolution).reshaped([2, 9, 16]).layerNorm(norm)
        let gated = tokens.gatedLinear(gate)
        let attended = backend.attention(
            query: AttentionOperand(gated),
            key: AttentionOperand(tokens),
            value: AttentionOperand(tokens),
            heads: 2,
            scale: 0.3,
            mask: .none
        )
        let enlarged = attended.reshaped([2, 3, 3, 16]).resize(height: 5, width: 4, .bilinear)
        return backend.gather(enlarged.reshaped([40, 16]), [3, 0, 39]).permute([1, 0])
    }

    // MARK: Its settings and counters

    func set(_ name: String, _ value: Int) {
        typealias Function = @convention(c) (UnsafePointer<CChar>, Int64) -> Int32
        let function = unsafeBitCast(symbol("weft_emulator_set"), to: Function.self)
        precondition(function(name, Int64(value)) == 1, "no setting \(name)")
    }

    var calls: Int { number("weft_emulator_calls") }
    /// Contexts, streams, modules, mappings and the like that were not given back.
    var live: Int { number("weft_emulator_live") }
    var mappedBytes: Int { number("weft_emulator_mapped_bytes") }

    /// Names of the calls since the last `clearLog`.
    var log: [String] {
        typealias Function = @convention(c) () -> UnsafePointer<CChar>
        let function = unsafeBitCast(symbol("weft_emulator_log"), to: Function.self)
        return String(cString: function()).split(separator: "\n").map(String.init)
    }

    func clearLog() { call("weft_emulator_clear_log") }

    private func call(_ name: String) {
        typealias Function = @convention(c) () -> Void
        unsafeBitCast(symbol(name), to: Function.self)()
    }

    private func number(_ name: String) -> Int {
        typealias Function = @convention(c) () -> Int64
        return Int(unsafeBitCast(symbol(name), to: Function.self)())
    }

    private func symbol(_ name: String) -> UnsafeMutableRawPointer {
        guard let symbol = dlsym(handle, name) else { preconditionFailure("no \(name)") }
        return symbol
    }
}
