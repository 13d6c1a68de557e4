import Foundation
import Glibc
import Tensors

/// The driver, the compiler and the device of `Tests/CudaTests/Emulator` as a library, built by the
/// compiler that comes with Swift, once a process.
package enum EmulatedDriver {
    package struct Unavailable: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) {
            self.description = description
        }
    }

    /// Its path, or why there is none.
    package static let library: Result<String, Unavailable> = Result { () throws(Unavailable) in
        try build()
    }

    package static var isAvailable: Bool { (try? library.get()) != nil }

    /// Puts it where a program with `CUDA_HOME=folder` and `LD_LIBRARY_PATH=folder/lib64` finds it.
    ///
    /// - Parameter folder: Of a toolkit that holds nothing else.
    /// - Returns: The driver's path; the compiler beside it is the same file.
    package static func install(in folder: String) throws -> String {
        let driver = "\(folder)/lib64/libcuda.so.1"
        try SystemFile.makeFolders("\(folder)/lib64")
        // A copy is a library of its own; two names of one file are one library.
        try FileManager.default.copyItem(atPath: library.get(), toPath: driver)
        try FileManager.default.linkItem(
            atPath: driver,
            toPath: "\(folder)/lib64/libnvrtc.so.12"
        )
        return driver
    }

    private static func build() throws(Unavailable) -> String {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let emulator = tests.appending(path: "CudaTests/Emulator").path
        let kernels = tests.deletingLastPathComponent().appending(path: "Sources/CCudaKernels").path
        let target = FileManager.default.temporaryDirectory
            .appending(path: "weft-emulated-cuda-\(getpid()).so").path
        let names = (try? SystemFile.names(in: emulator)) ?? []
        let sources = names.filter { $0.hasSuffix(".cpp") }.sorted().map { "\(emulator)/\($0)" }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            [
                "clang++", "-std=c++17", "-O2", "-fno-exceptions", "-fno-rtti", "-fPIC",
                "-ffp-contract=off", "-Wall", "-Werror", "-shared", "-nostdlib++",
                "-I\(emulator)", "-I\(kernels)/include", "-I\(kernels)/kernels",
                "-o", target,
            ] + sources + ["-lm"]
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
        RemovedAtExit.add(target)
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
