import Foundation
import Scheduling
import Tensors
import TestSupport
import Testing
import Worker

/// A runner of a few lines of shell, that behaves as a test wants it to.
struct FakeRunner {
    let folder: TemporaryFolder
    let command: RunnerCommand

    /// The bytes of every result, float32 `[2, 3]` under the name `latents`.
    static let resultBytes = (0..<6).flatMap { _ -> [UInt8] in [0, 0, 0xC0, 0x3F] }

    init(_ mode: String) throws {
        folder = try TemporaryFolder()
        let template = folder("template")
        try SafetensorsFile.write(["latents": HostTensor(repeating: 1.5, [2, 3])], to: template)
        let script = try #require(
            Bundle.module.url(forResource: "runner", withExtension: "sh", subdirectory: "Fixtures")
        )
        command = RunnerCommand("/bin/sh", [script.path, mode, template, folder.path])
    }

    private func lines(_ name: String) -> [String] {
        let bytes = (try? SystemFile.read(folder(name), limit: 1 << 20)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// How often it was started.
    var starts: Int { lines("starts").count }
    /// The leases it was given, in order.
    var runs: [Lease] { lines("runs").compactMap { Lease($0) } }
    /// Of the process that was started last.
    var processID: Int32? { lines("pid").last.flatMap { Int32($0) } }
    /// Of what it has started itself.
    var childProcessID: Int32? { lines("child").last.flatMap { Int32($0) } }

    /// Whether a process runs; one that has ended and was not asked for its status does not.
    static func isRunning(_ processID: Int32) -> Bool {
        guard let bytes = try? SystemFile.read("/proc/\(processID)/stat", limit: 4096) else {
            return false
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.split(separator: ")").last?.split(separator: " ").first != "Z"
    }
}
