import ArgumentParser
import Pipelines
import Tensors

extension BenchmarkWeights: ExpressibleByArgument {}

/// `weft benchmark operations`: how fast this machine runs weft's operations and networks.
struct OperationsBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operations",
        abstract: "Time operations and networks against the bounds of a device.",
        discussion: """
            The share is of what the device does at most with the same kernels and threads: \
            multiply-adds in registers, or copying memory. Weights are made up, no model is needed.
            """
    )

    @Argument(help: "Run those whose name holds one of these, such as unet2d or convolve/1x64.")
    var filter: [String] = []

    @Flag(help: "Print the names and run nothing.")
    var list = false

    @Option(help: "Timed runs of each; one more before is not counted.")
    var repetitions = 5

    @Option(help: "How weights are stored; arithmetic is float32 with either.")
    var weights = BenchmarkWeights.float32

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    @Option(help: "Time each with these products too, and tell the ratio of the medians.")
    var against: ProductChoice?

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        try against?.validate(on: compute.device, as: "--against")
        guard (1...10_000).contains(repetitions) else {
            throw ValidationError("--repetitions: expected 1 to 10000, found \(repetitions)")
        }
    }

    func run() async throws {
        let chosen = BenchmarkSuite.all.filter { benchmark in
            filter.isEmpty || filter.contains { benchmark.name.contains($0) }
        }
        guard !chosen.isEmpty else {
            throw Failure(.usage, "no benchmark's name holds \(filter.joined(separator: " or "))")
        }
        if list {
            for benchmark in chosen { print(benchmark.name) }
            return
        }
        // On a backend of its own, whose blocks for copying go with it.
        let measured = try compute.makeBackend()
        let summary = measured.summary
        let machine = try MachineBounds(of: measured)
        if !json { printHead(machine, summary) }
        var results: [BenchmarkResult] = []
        var others: [BenchmarkResult] = []
        for benchmark in chosen {
            func time(_ products: ProductChoice?) throws -> BenchmarkResult {
                try benchmark.run(
                    on: { try compute.makeDevice(products).backend },
                    weights: weights,
                    repetitions: repetitions,
                    machine: machine
                )
            }
            let result = try time(compute.products)
            results.append(result)
            if !json { printLine(result) }
            guard let against else { continue }
            let other = try time(against)
            others.append(other)
            if !json { printLine(other, of: against, times: other.median / result.median) }
        }
        let peak = peakResidentBytes()
        if json {
            var report: [String: JSONValue] = [
                "version": .string(weftVersion),
                "device": .string(summary),
                "weights": .string(weights.rawValue),
                "arithmetic_per_second": .number(machine.arithmeticPerSecond),
                "copied_bytes_per_second": .number(machine.copiedBytesPerSecond),
                "peak_resident_bytes": .integer(peak),
                "results": .array(results.map(\.json)),
            ]
            if let against {
                report["against"] = .object([
                    "products": .string(against.rawValue), "results": .array(others.map(\.json)),
                ])
            }
            print(JSONValue.object(report).serialized(isIndented: true))
        } else {
            print("peak memory of the process: \(mebibytes(peak))")
        }
    }

    private func printHead(_ machine: MachineBounds, _ device: String) {
        let arithmetic = fixed(machine.arithmeticPerSecond / 1e9, 0)
        let copied = fixed(machine.copiedBytesPerSecond / 1e9, 1)
        print("\(device); at most \(arithmetic) GFLOP/s, copy \(copied) GB/s")
        print(padded("", 40) + "  median ms      min      max        rate  share  activations")
    }

    /// - Parameters:
    ///   - result: Of the benchmark.
    ///   - against: Whose products they were, where that is not what is measured.
    ///   - ratio: Of its median to what it is compared with.
    private func printLine(
        _ result: BenchmarkResult,
        of against: ProductChoice? = nil,
        times ratio: Double? = nil
    ) {
        defer { printQueued(result.queuedSeconds) }
        let name = against.map { "  products by \($0.rawValue)" } ?? result.name
        let milliseconds = [
            result.median, result.seconds[0], result.seconds[result.seconds.count - 1],
        ].map { fixed($0 * 1000, 2) }
        let unit = result.bound == .arithmetic ? "GFLOP/s" : "GB/s"
        let rate = fixed(result.rate / 1e9, 1)
        print(
            padded(name, 40)
                + aligned(milliseconds[0], 11) + aligned(milliseconds[1], 9)
                + aligned(milliseconds[2], 9) + aligned("\(rate) \(unit)", 14)
                + aligned("\(fixed(result.share * 100, 0)) %", 7)
                + aligned(mebibytes(result.activationPeakBytes), 12)
                + (ratio.map { "  \(fixed($0, 2)) times" } ?? "")
        )
    }

    /// What a step that was replayed takes when its operations are queued one by one.
    private func printQueued(_ seconds: [Double]) {
        guard !seconds.isEmpty else { return }
        let milliseconds = [seconds[seconds.count / 2], seconds[0], seconds[seconds.count - 1]]
            .map { fixed($0 * 1000, 2) }
        print(
            padded("  queued anew, not replayed", 40) + aligned(milliseconds[0], 11)
                + aligned(milliseconds[1], 9) + aligned(milliseconds[2], 9)
        )
    }

    private func mebibytes(_ bytes: Int) -> String { "\(fixed(Double(bytes) / 0x1p20, 0)) MiB" }
}

/// A number with `digits` decimals, without a locale.
func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    let whole = Int(scaled / scale)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let fraction = "\(Int(scaled) - whole * Int(scale))"
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(sign)\(whole).\(zeros)\(fraction)"
}

/// The text followed by spaces to `width` columns.
func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

/// The text preceded by spaces to `width` columns.
func aligned(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
