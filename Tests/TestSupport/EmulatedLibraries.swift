import Foundation

/// A driver, a compiler and a library of products of CUDA that work on this processor, built from
/// `Tests/CudaTests/Emulator` by the compiler that comes with Swift.
package final class EmulatedLibraries {
    private let folder: TemporaryFolder

    /// Why there is none, or the path of the library.
    private static let library: Result<URL, Unavailable> = Result { () throws(Unavailable) in
        try build()
    }

    package struct Unavailable: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) {
            self.description = description
        }
    }

    package static var isAvailable: Bool { (try? library.get()) != nil }
    package static var reason: String {
        switch library {
        case .success: "there is one"
        case .failure(let error): "no emulated device: \(error)"
        }
    }

    /// Puts all where a toolkit would have them, for this value alone.
    package init() throws {
        folder = try TemporaryFolder()
        let lib = URL(filePath: folder("lib64"))
        try FileManager.default.createDirectory(at: lib, withIntermediateDirectories: true)
        // A copy is a library of its own; names of one file are one library.
        try FileManager.default.copyItem(at: try Self.library.get(), to: URL(filePath: driver))
        for path in [compiler, products] {
            try FileManager.default.linkItem(at: URL(filePath: driver), to: URL(filePath: path))
        }
    }

    /// As `CUDA_HOME` names it.
    package var home: String { folder.path }
    package var driver: String { folder("lib64/libcuda.so.1") }
    package var compiler: String { folder("lib64/libnvrtc.so.12") }
    package var products: String { folder("lib64/libcublasLt.so.12") }

    /// A program with these libraries in its environment, for `env`.
    ///
    /// - Parameters:
    ///   - arguments: Of `weft`.
    ///   - settings: Of the emulator, such as `fail_at`.
    package func command(_ arguments: [String], _ settings: [String: Int] = [:]) -> [String] {
        let text = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return [
            "LD_LIBRARY_PATH=\(folder("lib64"))", "CUDA_HOME=\(home)",
            "XDG_CACHE_HOME=\(folder("cache"))",
            "WEFT_EMULATOR=\(text.joined(separator: ","))", Program.path,
        ] + arguments
    }

    private static func build() throws(Unavailable) -> URL {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let emulator = tests.appending(path: "CudaTests/Emulator")
        let kernels = tests.deletingLastPathComponent().appending(path: "Sources/CCudaKernels")
        let target = FileManager.default.temporaryDirectory
            .appending(path: "weft-emulated-cuda-\(getpid()).so")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: emulator.path)) ?? []
        let sources = names.filter { $0.hasSuffix(".cpp") }.sorted()
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
            throw Unavailable("clang++ cannot be started: \(error)")
        }
        let words = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Unavailable(String(decoding: words, as: UTF8.self))
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
