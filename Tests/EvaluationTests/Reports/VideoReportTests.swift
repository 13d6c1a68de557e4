import Diffusion
import Evaluation
import Pipelines
import Tensors
import TestSupport
import Testing

struct VideoReportTests {
    /// Facts as networks and the flow would give them; embeddings are the frames' first pixels.
    private func facts(_ clip: Pictures, hasNetworks: Bool = true) throws -> ClipFacts {
        let decoded = DecodedClip(path: "clip", pictures: clip, cuts: [])
        let plain = try ClipFacts(decoded, nil, hasMasks: true)
        guard hasNetworks else { return plain }
        let size = clip.width * clip.height
        let embeddings = (0..<clip.count).map { frame in
            clip.bytes[frame * size * 3..<frame * size * 3 + 12].map { Float($0) + 1 }
        }
        let depth = (0..<clip.count * size).map { Float(clip.bytes[$0 * 3]) }
        return ClipFacts(
            decoded,
            embeddings: .value(embeddings),
            depth: .value(HostTensor(depth, Shape([clip.count, clip.height, clip.width]))),
            flows: plain.flows
        )
    }

    private func windows(_ frames: Int) throws -> VideoInputs.Windows {
        VideoInputs.Windows(
            layout: try ShotLayout(frameCount: frames, length: 8, overlap: 4),
            length: 8,
            overlap: 4,
            isDefault: true
        )
    }

    private func expectComplete(_ report: VideoReport) {
        for measure in Measure.allCases {
            let hasValue = report.values[measure] != nil
            let hasReason = report.skipped[measure] != nil
            #expect(hasValue != hasReason, "\(measure)")
        }
        #expect(report.values.values.allSatisfy { $0.isFinite })
        #expect(report.sourceValues.keys.allSatisfy { report.values[$0] != nil })
    }

    @Test func `every measure has a value or a reason, whatever is given`() throws {
        let clip = TestClips.pan(24, width: 32, height: 24, x: 1, y: 0)
        var inputs = VideoInputs(output: try facts(clip, hasNetworks: false))
        expectComplete(VideoReport(inputs))
        inputs.windows = try windows(24)
        expectComplete(VideoReport(inputs))
        inputs.source = try facts(TestClips.noise(24, width: 32, height: 24, seed: 1))
        inputs.output = try facts(clip)
        inputs.prompt = .value([Float](repeating: 1, count: 12))
        inputs.renders = VideoInputs.Renders(
            moved: clip,
            reseeded: TestClips.noise(24, width: 32, height: 24, seed: 2)
        )
        let report = VideoReport(inputs)
        expectComplete(report)
        #expect(report.skipped.count == 4, "latents alone are missing: \(report.skipped)")
        let single = TestClips.noise(1, seed: 1)
        expectComplete(VideoReport(VideoInputs(output: try facts(single))))
    }

    @Test func `an output that is its source is as good as its source`() throws {
        let clip = TestClips.pan(24, width: 48, height: 32, x: 1, y: 1)
        var inputs = VideoInputs(output: try facts(clip))
        inputs.source = try facts(clip)
        inputs.windows = try windows(24)
        let report = VideoReport(inputs)
        for (measure, value) in report.sourceValues {
            #expect(report.values[measure] == value, "\(measure)")
        }
        #expect(report.values[.psnr] == 100)
        #expect(report.values[.seamIndex] == 1)
        #expect(abs((report.values[.structureCorrelation] ?? 0) - 1) < 1e-6)
        #expect((report.values[.warpError] ?? 1) < 0.05)
        let motion = try #require(report.values[.motion])
        #expect(abs(motion - 2.0.squareRoot()) < 0.1, "\(motion)")
        #expect(report.sourceValues.count > 12)
    }

    @Test func `windows of latents give mismatch, prediction and ghosts`() throws {
        let folder = try TemporaryFolder()
        let plan = try WindowPlan(frameCount: 12, length: 6, overlap: 2)
        var tensors: [String: HostTensor] = [:]
        for (index, frames) in plan.windows.enumerated() {
            tensors["window.\(index)"] = randomTensor(
                Shape([frames.count, 2, 4, 4]),
                seed: UInt64(index)
            )
        }
        try SafetensorsFile.write(tensors, to: folder("l.safetensors"))
        var inputs = VideoInputs(output: try facts(TestClips.noise(12, seed: 1)))
        inputs.latents = try LatentFile(
            reading: folder("l.safetensors"),
            plan: plan,
            taper: .flat
        )
        let report = VideoReport(inputs)
        expectComplete(report)
        #expect((report.values[.overlapMismatch] ?? 0) > 0.7)
        #expect(abs((report.values[.latentVariancePredicted] ?? 0) - 0.5) < 0.15)
        let shared = plan.windows.map(\.count).reduce(0, +) - 12
        #expect(report.values[.ghostFrames] == Double(shared))
    }

    @Test func `the text has each value and each reason, and JSON the same`() throws {
        let clip = TestClips.noise(12, seed: 4)
        var inputs = VideoInputs(output: try facts(clip, hasNetworks: false))
        inputs.windows = try windows(12)
        var report = VideoReport(inputs)
        report.note("a remark")
        let text = report.text
        for measure in Measure.allCases { #expect(text.contains(measure.label)) }
        for reason in report.skipped.values { #expect(text.contains(reason)) }
        #expect(text.contains("notes:\n  a remark\n"))
        #expect(text.split(separator: "\n").allSatisfy { $0.last != " " })
        guard case .object(let measures)? = report.json["measures"],
            case .object(let skipped)? = report.json["not_measured"]
        else { return #expect(Bool(false), "\(report.json)") }
        #expect(Set(measures.keys) == Set(report.values.keys.map(\.rawValue)))
        #expect(Set(skipped.keys) == Set(report.skipped.keys.map(\.rawValue)))
        _ = JSONValue.object(report.json).serialized()
    }

    @Test func `plots are drawn of what was measured`() throws {
        let clip = TestClips.noise(20, seed: 4)
        var inputs = VideoInputs(output: try facts(clip))
        inputs.source = try facts(TestClips.noise(20, seed: 5))
        inputs.windows = try windows(20)
        let plots = VideoPlots(
            VideoReport(inputs),
            output: clip,
            source: clip,
            layout: inputs.windows?.layout
        )
        #expect(plots.curves.map(\.name) == ["change.svg", "warp.svg", "detail.svg", "colour.svg"])
        #expect(plots.curves[0].svg.contains(">borders<"))
        #expect(plots.pictures.map(\.name) == ["slice.png", "sheet.png"])
        let folder = try TemporaryFolder()
        try plots.write(to: folder.path)
        #expect(try SystemFile.names(in: folder.path).count == 6)
    }
}
