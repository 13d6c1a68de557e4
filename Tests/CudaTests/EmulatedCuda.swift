import Cuda
import Foundation
import Glibc
import Tensors
import TestSupport
import Testing

/// A driver and a compiler that run the kernels on this processor, built from `Emulator` by the
/// compiler that comes with Swift. Each has its own state.
final class EmulatedCuda {
    private let folder: TemporaryFolder
    private let handle: UnsafeMutableRawPointer

    /// Why there is none, or the path of the library.
    private static let library: Result<URL, Unavailable> = Result { () throws(Unavailable) in
        try build()
    }

    struct Unavailable: Error, CustomStringConvertible {
        let description: String
    }

    static var isAvailable: Bool { (try? library.get()) != nil }
    static var reason: Comment {
        switch library {
        case .success: "there is one"
        case .failure(let error): "no emulated device: \(error)"
        }
    }

    init() throws {
        folder = try TemporaryFolder()
        let lib = URL(filePath: folder("lib64"))
        try FileManager.default.createDirectory(at: lib, withIntermediateDirectories: true)
        // A copy is a library of its own; two names of one file are one library.
        let driver = lib.appending(path: "libcuda.so.1")
        try FileManager.default.copyItem(at: try Self.library.get(), to: driver)
        for name in ["libnvrtc.so.12", "libcublasLt.so.12"] {
            try FileManager.default.linkItem(at: driver, to: lib.appending(path: name))
        }
        handle = try #require(dlopen(driver.path, RTLD_NOW | RTLD_LOCAL))
        call("weft_emulator_reset")
    }

    var driverPath: String { folder("lib64/libcuda.so.1") }
    var compilerPath: String { folder("lib64/libnvrtc.so.12") }
    var productsPath: String { folder("lib64/libcublasLt.so.12") }

    /// Finds this driver and this compiler, and nothing of the machine's.
    var search: LibrarySearch {
        let home = folder.path
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
            throw Unavailable(description: found.inventory.refusal ?? "no reason")
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

    // MARK: Building it

    private static func build() throws(Unavailable) -> URL {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
        let emulator = tests.appending(path: "Emulator")
        let kernels = tests.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/CCudaKernels")
        let target = FileManager.default.temporaryDirectory
            .appending(path: "weft-emulated-cuda-\(getpid()).so")
        let sources = ["cublaslt.cpp", "driver.cpp", "kernels.cpp", "threads.cpp"]
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            [
                "clang++", "-std=c++17", "-O2", "-fno-exceptions", "-fno-rtti", "-fPIC",
                "-ffp-contract=off", "-Wall", "-Werror", "-shared", "-nostdlib++",
                "-I\(emulator.path)", "-I\(kernels.path)/include", "-I\(kernels.path)/kernels",
                "-o", target.path,
            ] + sources.map { emulator.appending(path: $0).path } + ["-lm"]
        let output = Pipe()
        process.standardError = output
        do {
            try process.run()
        } catch {
            throw Unavailable(description: "clang++ cannot be started: \(error)")
        }
        let words = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Unavailable(description: String(decoding: words, as: UTF8.self))
        }
        RemovedAtExit.add(target.path)
        return target
    }
}

/// A file that goes when the process ends.
private enum RemovedAtExit {
    // Written once, by the initialiser of a static, before `atexit` is told.
    nonisolated(unsafe) private static var path = ""

    static func add(_ path: String) {
        self.path = path
        atexit { unlink(RemovedAtExit.path) }
    }
}
