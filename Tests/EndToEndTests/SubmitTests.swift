import TestSupport
import Testing

/// `weft submit` to a coordinator that is a process of its own.
struct SubmitTests {
    @Test func `an input that is not there has its own status, whoever misses it`() throws {
        let folder = try TemporaryFolder()
        let made = try Program.run(["model", "create", "tiny", "--output", folder("model")])
        try #require(made.status == 0, "\(made.errors)")
        let endpoint = "ipc://\(folder("control"))"
        let coordinator = try Program.start(
            ["coordinator", "--no-keys", "--state", folder("farm")]
                + ["--bind-control", endpoint, "--bind-bulk", "ipc://\(folder("bulk"))"]
        )
        defer { coordinator.signal(15) }
        let clip = folder("nothing.mp4")
        let job =
            [clip, "-o", folder("out.mp4"), "--model", folder("model"), "--prompt", "a frog"]
            + ["--coordinator", endpoint, "--patience", "60"]
        for command in ["submit", "render"] {
            let here = try Program.run([command] + job)
            #expect(here.status == 66 && here.output.isEmpty)
            #expect(
                here.errors
                    == "weft: \(clip) is not on this machine; for a clip that the coordinator "
                    + "alone has, give --size\n"
            )
            let there = try Program.run([command] + job + ["--size", "64x64"])
            #expect(there.status == 66 && there.output.isEmpty)
            #expect(there.errors == "weft: there is no \(clip) on the coordinator's machine\n")
        }
    }
}
