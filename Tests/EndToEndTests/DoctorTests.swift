import Tensors
import TestSupport
import Testing

struct DoctorTests {
    @Test func `the report names the libraries and the machine`() throws {
        let outcome = try Program.run(["doctor"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let words = ["weft 0.", "libzmq 4.", "libavcodec ", "openblas ", "kernels: ", "memory: "]
        for word in words {
            #expect(outcome.output.contains(word), "\(word)")
        }
    }

    @Test func `the same report for machines`() throws {
        let outcome = try Program.run(["doctor", "--json"])
        #expect(outcome.status == 0)
        guard case .object(let report) = try JSONValue.parse(Array(outcome.output.utf8)),
            case .object(let kernels) = report["kernels"],
            case .object(let processor) = report["processor"]
        else {
            Issue.record("no report in \(outcome.output)")
            return
        }
        guard case .object(let cuda) = report["cuda"], case .array(let devices) = cuda["devices"]
        else {
            Issue.record("nothing of CUDA in \(outcome.output)")
            return
        }
        // Either there are devices, or the reason is told.
        #expect(!devices.isEmpty || cuda["refusal"] != .null)
        // So of cuBLASLt, which is looked for on any machine.
        let isNamed = cuda["products"] != .null
        #expect((cuda["products_refusal"] != .null) != isNamed)
        #expect(kernels["chosen"] == .string(KernelVersion.best.rawValue))
        guard case .integer(let cores) = processor["cores"] else {
            Issue.record("no cores in \(processor)")
            return
        }
        #expect(cores >= 1)
    }

    @Test func `the installed program judges the operations of a device`() throws {
        let outcome = try Program.run(["doctor", "--conformance", "--threads", "1"], seconds: 120)
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        for word in [
            "1 thread", "temporalAttention", "convolve", "all operations conform",
            "all derivatives conform",
        ] {
            #expect(outcome.output.contains(word), "\(word)")
        }
    }

    /// On any machine: there may be a driver, but not so many devices.
    @Test(arguments: [
        ["doctor", "--conformance", "--device", "cuda:999"],
        ["worker", "--state", "/nonexistent/state", "--device", "cuda:999"],
        ["benchmark", "layerNorm", "--device", "cuda:999"],
        ["benchmark", "train", "--device", "cuda:999"],
        ["train", "depth", "-o", "/nonexistent/run", "--config", "tiny", "--device", "cuda:999"],
    ])
    func `a device that cannot be used is one sentence with the reason`(
        _ arguments: [String]
    ) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 69 && outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("weft: --device cuda:999: "), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }

    @Test(arguments: [
        (["doctor", "--conformance", "--products", "cublaslt"], "--products: cublaslt"),
        (["benchmark", "layerNorm", "--against", "cublaslt"], "--against: cublaslt"),
        (
            ["benchmark", "--device", "cuda:0", "--threads", "1"],
            "--threads: it is the processor's, and cuda:0 computes"
        ),
        (
            ["render", "clip.mp4", "-o", "out.mp4", "--device", "cuda:0,cuda:1", "--exact"],
            "--exact: it is the processor's, which computes nothing here"
        ),
        (
            ["benchmark", "--device", "cuda:0", "--products", "openblas"],
            "--products: openblas multiplies on the processor"
        ),
        (["worker", "--state", "/nonexistent", "--products", "cublaslt"], "--products: cublaslt"),
        (
            ["worker", "--state", "/nonexistent", "--device", "cuda:0", "--threads", "2"],
            "--threads: it is the processor's, and cuda:0 computes"
        ),
        (
            ["render", "clip.mp4", "-o", "out.mp4", "--products", "cublaslt"],
            "--products: cublaslt multiplies on devices of CUDA"
        ),
        (
            ["render", "a.mp4", "-o", "b.mp4", "--device", "cpu,cuda:0", "--products", "openblas"],
            "--products: openblas multiplies on the processor"
        ),
        (
            ["render", "a.mp4", "-o", "b.mp4", "--coordinator", "tcp://h:1", "--workers", "2"],
            "--workers: a farm elsewhere has workers of its own"
        ),
    ])
    func `options of another kind of device are wrong ones`(
        _ arguments: [String],
        _ words: String
    ) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("Error: \(words)"), "\(outcome.errors)")
    }

    @Test func `a benchmark is timed with two kinds of products in one call`() throws {
        let arguments = ["benchmark", "linear/77x", "--repetitions", "1", "--against", "openblas"]
        let outcome = try Program.run(arguments + ["--threads", "1"], seconds: 120)
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        #expect(outcome.output.contains("  products by openblas"))
    }

    @Test(arguments: [
        ["doctor", "--conformance", "--device", "gpu"],
        ["train", "depth", "-o", "/nonexistent/run", "--config", "tiny", "--device", "gpu"],
    ])
    func `a device that means nothing is a wrong option`(_ arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("Error: ") && outcome.errors.contains("--device"))
    }

    @Test func `training in float16 is refused, and what goes is said`() throws {
        let outcome = try Program.run([
            "train", "depth", "-o", "/nonexistent/run", "--config", "tiny", "--precision",
            "float16",
        ])
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("Error: --precision float16: "))
        #expect(outcome.errors.contains("expected bfloat16, tf32 or float32"))
    }
}
