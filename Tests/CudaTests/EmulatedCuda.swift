import Cuda
import Foundation
import Glibc
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
        try FileManager.default.linkItem(at: driver, to: lib.appending(path: "libnvrtc.so.12"))
        handle = try #require(dlopen(driver.path, RTLD_NOW | RTLD_LOCAL))
        call("weft_emulator_reset")
    }

    var driverPath: String { folder("lib64/libcuda.so.1") }
    var compilerPath: String { folder("lib64/libnvrtc.so.12") }

    /// Finds this driver and this compiler, and nothing of the machine's.
    var search: LibrarySearch {
        let home = folder.path
        return LibrarySearch(
            drivers: [driverPath],
            environment: { $0 == "CUDA_HOME" ? home : nil },
            names: { $0 == "\(home)/lib64" ? ["libcuda.so.1", "libnvrtc.so.12"] : [] }
        )
    }

    func platform() throws -> CudaPlatform {
        let found = CudaPlatform.open(search)
        return try #require(found.platform, "\(found.inventory.refusal ?? "")")
    }

    func backend(
        _ precision: CudaPrecision = .float16,
        cache: KernelCache? = nil
    ) throws -> CudaBackend {
        let platform = try platform()
        return try CudaBackend(
            platform,
            try #require(platform.devices.first),
            precision: precision,
            cache: cache
        )
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
        let sources = ["driver.cpp", "kernels.cpp", "threads.cpp"]
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
        atexit_b_remove(target.path)
        return target
    }
}

/// Removes a file when the process ends.
private func atexit_b_remove(_ path: String) {
    RemovedAtExit.path = path
    atexit { unlink(RemovedAtExit.path) }
}

private enum RemovedAtExit {
    // Set once, before `atexit` is told.
    nonisolated(unsafe) static var path = ""
}
