import Diffusion
import Pipelines

/// What was measured of a video: every measure has a value or a reason why not.
package struct VideoReport: Hashable, Sendable {
    package private(set) var values: [Measure: Double] = [:]
    /// The same of the source, where that has a meaning.
    package private(set) var sourceValues: [Measure: Double] = [:]
    package private(set) var skipped: [Measure: String] = [:]
    /// What whoever reads the numbers has to know.
    package private(set) var notes: [String] = []
    /// Curves over transitions or frames, by the keys of their plots.
    package private(set) var curves: [String: [Double?]] = [:]

    package init(_ inputs: VideoInputs) {
        measureConsistency(inputs)
        measureMotion(inputs)
        measureWarp(inputs)
        measureStructure(inputs)
        measureSeams(inputs)
        measureColour(inputs)
        measureLatents(inputs)
        measureSensitivity(inputs)
        let traps = Measure.allCases.filter { values[$0] != nil }.compactMap(\.trap)
        notes += traps
    }

    private static let noSource = "no source is given"

    private mutating func set(_ measure: Measure, _ value: Double?, or reason: String) {
        if let value { values[measure] = value } else { skipped[measure] = reason }
    }

    private mutating func skip(_ measures: [Measure], _ reason: String) {
        for measure in measures { skipped[measure] = reason }
    }

    // MARK: - With embeddings

    private mutating func measureConsistency(_ inputs: VideoInputs) {
        let all: [Measure] = [
            .consecutiveConsistency, .allPairsConsistency, .insideConsistency, .acrossConsistency,
            .promptConsistency,
        ]
        let embeddings: [[Float]]
        switch inputs.output.embeddings {
        case .absent(let reason): return skip(all, reason)
        case .value(let value): embeddings = value
        }
        let source = inputs.source?.embeddings.value
        switch inputs.prompt {
        case .absent(let reason): skipped[.promptConsistency] = reason
        case .value(let prompt):
            values[.promptConsistency] = FrameConsistency.withPrompt(embeddings, prompt: prompt)
            sourceValues[.promptConsistency] = source.map {
                FrameConsistency.withPrompt($0, prompt: prompt)
            }
        }
        guard embeddings.count > 1 else {
            return skip(Array(all.dropLast()), "the clip has one frame")
        }
        let own = FrameConsistency(embeddings)
        values[.consecutiveConsistency] = own.consecutive
        values[.allPairsConsistency] = own.allPairs
        if let ceiling = source.map(FrameConsistency.init) {
            sourceValues[.consecutiveConsistency] = ceiling.consecutive
            sourceValues[.allPairsConsistency] = ceiling.allPairs
        }
        guard let layout = inputs.windows?.layout else {
            return skip([.insideConsistency, .acrossConsistency], "no windows are given")
        }
        guard let parts = WindowConsistency(embeddings, layout) else {
            return skip(
                [.insideConsistency, .acrossConsistency],
                "no pairs of frames of one distance both inside and across windows"
            )
        }
        values[.insideConsistency] = parts.inside
        values[.acrossConsistency] = parts.across
        if let ceiling = source.flatMap({ WindowConsistency($0, layout) }) {
            sourceValues[.insideConsistency] = ceiling.inside
            sourceValues[.acrossConsistency] = ceiling.across
        }
    }

    // MARK: - With frames alone

    private mutating func measureMotion(_ inputs: VideoInputs) {
        let oneFrame = "the clip has one frame"
        let (output, source) = (inputs.output, inputs.source)
        set(.motion, output.motion, or: oneFrame)
        sourceValues[.motion] = source?.motion
        let change = FrameChange(output.clip.pictures)
        set(.frameDifference, change.mean, or: oneFrame)
        set(.flickering, change.flickering, or: oneFrame)
        let ceiling = source.map { FrameChange($0.clip.pictures) }
        sourceValues[.frameDifference] = ceiling?.mean
        sourceValues[.flickering] = ceiling?.flickering
        values[.sceneCuts] = Double(output.clip.cuts.count)
        sourceValues[.sceneCuts] = source.map { Double($0.clip.cuts.count) }
        set(
            .psnr,
            source.map { PictureQuality.psnr(output.clip.pictures, $0.clip.pictures) },
            or: Self.noSource
        )
        let detail = DetailEnergy(output.clip.pictures)
        values[.detailEnergy] = detail.mean * 1000
        curves["detail"] = detail.values.map { $0 * 1000 }
        if let ceiling = source.map({ DetailEnergy($0.clip.pictures) }) {
            sourceValues[.detailEnergy] = ceiling.mean * 1000
            curves["detail_source"] = ceiling.values.map { $0 * 1000 }
        }
    }

    private mutating func measureWarp(_ inputs: VideoInputs) {
        let flows: [MaskedFlow]
        if let truth = inputs.truth {
            flows = truth.flows
            notes.append("The warp error is of exact flow.")
        } else if let source = inputs.source {
            flows = source.flows
            notes.append("The warp error is of classical flow, estimated on the source.")
        } else {
            skipped[.warpError] =
                "neither a source nor its exact flow (--truth); an output's own flow would explain "
                + "its own mistakes"
            return
        }
        let source = inputs.source?.clip
        let cuts = Set((source ?? inputs.output.clip).cuts.map { $0 - 1 })
        let error = WarpError(inputs.output.clip.pictures, flows, leavingOut: cuts)
        set(.warpError, error.map { $0.mean * 1000 }, or: "no pixel is seen in two frames")
        curves["warp"] = error?.values.map { $0.map { $0 * 1000 } }
        if let ceiling = source.flatMap({ WarpError($0.pictures, flows, leavingOut: cuts) }) {
            sourceValues[.warpError] = ceiling.mean * 1000
            curves["warp_source"] = ceiling.values.map { $0.map { $0 * 1000 } }
        }
    }

    private mutating func measureColour(_ inputs: VideoInputs) {
        let drift = ColourDrift(inputs.output.clip.pictures)
        let ceiling = inputs.source.map { ColourDrift($0.clip.pictures) }
        values[.colourSlope] = drift.steepest * 100
        sourceValues[.colourSlope] = ceiling.map { $0.steepest * 100 }
        for (index, name) in ["red", "green", "blue"].enumerated() {
            curves["colour_\(name)"] = drift.means.map { $0[index] }
        }
        let measures: [Measure] = [.colourJumpBorders, .colourJumpElsewhere]
        guard let layout = inputs.windows?.layout else {
            return skip(measures, "no windows are given")
        }
        guard let jumps = drift.jumps(layout) else { return skip(measures, Self.noBorders) }
        values[.colourJumpBorders] = jumps.borders
        values[.colourJumpElsewhere] = jumps.elsewhere
        if let jumps = ceiling?.jumps(layout) {
            sourceValues[.colourJumpBorders] = jumps.borders
            sourceValues[.colourJumpElsewhere] = jumps.elsewhere
        }
    }

    // MARK: - With depth, windows, latents and other renders

    private mutating func measureStructure(_ inputs: VideoInputs) {
        let measures: [Measure] = [.structureCorrelation, .structureError]
        guard case .value(let found) = inputs.output.depth else {
            if case .absent(let reason) = inputs.output.depth { skip(measures, reason) }
            return
        }
        let source = inputs.source?.depth.value
        guard let reference = inputs.truth?.inverseDepth ?? source else {
            return skip(measures, Self.noSource)
        }
        let structure = StructureError(found: found, reference: reference)
        values[.structureCorrelation] = structure.correlation
        values[.structureError] = structure.error
        if inputs.truth != nil, let source {
            let estimator = StructureError(found: source, reference: reference)
            sourceValues[.structureCorrelation] = estimator.correlation
            sourceValues[.structureError] = estimator.error
            notes.append("Structure is compared with true depth; the source's is the estimator's.")
        }
    }

    private static let noBorders = "the layout has no borders, or nothing but borders"

    private mutating func measureSeams(_ inputs: VideoInputs) {
        let measures: [Measure] = [.seamIndex, .seamPValue, .stridePeriodicity]
        let source = inputs.source.map { FrameChange($0.clip.pictures) }
        let change = FrameChange(inputs.output.clip.pictures).relative(to: source)
        curves["change"] = change
        guard let windows = inputs.windows else { return skip(measures, "no windows are given") }
        guard let seam = SeamIndex(change: change, layout: windows.layout) else {
            return skip(measures, Self.noBorders)
        }
        values[.seamIndex] = seam.value
        values[.seamPValue] = seam.pValue
        notes.append(
            "The true borders rank \(seam.rank) of \(seam.phases) phases"
                + (source == nil ? "; without a source, what moves counts as well." : ".")
        )
        if windows.isDefault {
            notes.append(
                "Windows of \(windows.length) frames that share \(windows.overlap) are assumed, as "
                    + "of a render without options (--window, --overlap, --no-windows)."
            )
        }
        guard windows.layout.shots.count == 1 else {
            return skip([.stridePeriodicity], "windows start anew in each shot")
        }
        let period = windows.layout.stride.flatMap {
            StridePeriodicity(change: change, stride: $0)
        }
        set(.stridePeriodicity, period?.value, or: "fewer than three strides")
    }

    private mutating func measureLatents(_ inputs: VideoInputs) {
        let measures: [Measure] = [
            .overlapMismatch, .latentVarianceRatio, .latentVariancePredicted, .ghostFrames,
        ]
        guard let latents = inputs.latents else {
            return skip(
                measures,
                "a video does not hold latents (--latents); a farm's report tells its own mismatch"
            )
        }
        let plan = latents.weights.plan
        set(
            .latentVarianceRatio,
            LatentVariance(latents.blended, plan)?.ratio,
            or: "no frames that windows share beside others, or no variance"
        )
        guard let windows = latents.windows else {
            return skip(
                [.overlapMismatch, .latentVariancePredicted, .ghostFrames],
                "the latents are those after the blend"
            )
        }
        let noOverlaps = "no windows overlap"
        let ratios = LatentFuser(latents.weights).mismatches(windows).map(\.ratio)
        set(.overlapMismatch, ratios.max().flatMap { $0.isFinite ? $0 : nil }, or: noOverlaps)
        set(
            .latentVariancePredicted,
            LatentVariance.predictedRatio(windows, latents.weights),
            or: noOverlaps
        )
        let ghosts = GhostIndex(windows: windows, blended: latents.blended, plan: plan)
        set(
            .ghostFrames,
            ghosts.values.isEmpty ? nil : Double(ghosts.ghosts.count),
            or: noOverlaps
        )
    }

    private mutating func measureSensitivity(_ inputs: VideoInputs) {
        guard let renders = inputs.renders else {
            skipped[.layoutSensitivity] = "no other renders are given (--moved, --reseeded)"
            return
        }
        let value = LayoutSensitivity.value(
            inputs.output.clip.pictures,
            moved: renders.moved,
            reseeded: renders.reseeded
        )
        set(.layoutSensitivity, value, or: "another seed changes nothing")
    }

    /// Adds what the readers noticed.
    package mutating func note(_ sentence: String) {
        notes.insert(sentence, at: 0)
    }
}
