import Foundation
import Tensors
import TestSupport
import Testing

/// The examples of how to run workers name nothing that is not there.
struct DeployTests {
    private static let deploy = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Deploy")

    private static func text(_ name: String) throws -> String {
        let path = deploy.appending(path: name).path
        return String(decoding: try SystemFile.read(path, limit: 1 << 20), as: UTF8.self)
    }

    /// Options of `weft worker` that a file gives it.
    private static func options(_ name: String) throws -> Set<String> {
        let lines = try text(name).split(separator: "\n")
            .filter { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("#") }
            // Of NVIDIA, Slurm, or the package's installer.
            .filter { !$0.contains("pip install") && !$0.contains("apt-get") }
        let words = lines.flatMap { $0.split(whereSeparator: { " \"=".contains($0) }) }
        return Set(words.filter { $0.hasPrefix("--") && $0.count > 2 }.map(String.init))
    }

    @Test(arguments: [
        "systemd/weft-worker@.service", "systemd/weft-worker@.service.d/cuda.conf",
        "slurm/weft-workers.sbatch", "kubernetes/weft-worker.yaml",
    ])
    func `every option is one that a worker has`(_ name: String) throws {
        let help = try Program.run(["worker", "--help"]).output
        let options = try Self.options(name)
        #expect(!options.isEmpty)
        for option in options { #expect(help.contains("\(option) "), "\(name): \(option)") }
    }

    @Test(arguments: [
        ("59", 59), ("3:04", 184), ("02:03:08", 7388), ("1-02:03:09", 93_789),
    ])
    func `a Slurm task's worker lives as long as the task`(_ left: String, _ seconds: Int) throws {
        let folder = try TemporaryFolder()
        for (name, line) in [("squeue", "echo '\(left)'"), ("weft", "printf '%s\\n' \"$@\"")] {
            let path = try folder.write("#!/bin/sh\n\(line)\n", to: "bin/\(name)")
            #expect(chmod(path, 0o700) == 0)
        }
        let outcome = try Program.run(
            [
                "-i", "PATH=\(folder("bin")):/usr/bin:/bin", "SLURM_JOB_ID=7",
                "SLURM_ARRAY_TASK_ID=3", "SLURMD_NODENAME=node9", "SLURM_CPUS_PER_TASK=2", "bash",
                Self.deploy.appending(path: "slurm/weft-workers.sbatch").path,
            ],
            program: "/usr/bin/env"
        )
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let words = outcome.output.split(separator: "\n").map(String.init)
        #expect(
            words == [
                "worker", "--name", "node9-3", "--state", "/tmp/weft-worker-3", "--models",
                "models", "--device", "cuda:0", "--lifetime", "\(seconds)",
                "--lifetime-margin", "180",
            ]
        )
    }

    /// A drop-in replaces settings: one that the unit does not have replaces nothing.
    @Test func `the drop-in for a device opens what the unit closes`() throws {
        func settings(_ name: String) throws -> [String: String] {
            let lines = try Self.text(name).split(separator: "\n").filter { !$0.hasPrefix("#") }
            let pairs = lines.compactMap { line -> (String, String)? in
                let sides = line.split(separator: "=", maxSplits: 1).map(String.init)
                return sides.count == 2 ? (sides[0], sides[1]) : nil
            }
            return Dictionary(pairs) { first, _ in first }
        }
        let unit = try settings("systemd/weft-worker@.service")
        let dropIn = try settings("systemd/weft-worker@.service.d/cuda.conf")
        for (name, closed) in [
            ("PrivateDevices", "yes"), ("PrivateUsers", "yes"), ("MemoryDenyWriteExecute", "yes"),
        ] {
            #expect(unit[name] == closed && dropIn[name] == "no", "\(name)")
        }
        #expect(dropIn["Environment"]?.contains("WEFT_WORKER_OPTIONS") == true)
        #expect(unit["ExecStart"] != nil && unit["DevicePolicy"] == dropIn["DevicePolicy"])
    }
}
