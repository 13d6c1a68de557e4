/// Everything that is measured of a video; `Docs/Evaluation.md` defines each.
package enum Measure: String, CaseIterable, Sendable {
    case consecutiveConsistency = "frame_consistency_consecutive"
    case allPairsConsistency = "frame_consistency_all_pairs"
    case insideConsistency = "consistency_inside_windows"
    case acrossConsistency = "consistency_across_windows"
    case promptConsistency = "prompt_consistency"
    case motion
    case frameDifference = "frame_difference"
    case flickering = "temporal_flickering"
    case warpError = "warp_error"
    case detailEnergy = "detail_energy"
    case psnr
    case structureCorrelation = "structure_correlation"
    case structureError = "structure_error"
    case sceneCuts = "scene_cuts"
    case seamIndex = "seam_index"
    case seamPValue = "seam_p_value"
    case stridePeriodicity = "stride_periodicity"
    case colourSlope = "colour_slope"
    case colourJumpBorders = "colour_jump_borders"
    case colourJumpElsewhere = "colour_jump_elsewhere"
    case overlapMismatch = "overlap_mismatch"
    case latentVarianceRatio = "latent_variance_ratio"
    case latentVariancePredicted = "latent_variance_predicted"
    case ghostFrames = "ghost_frames"
    case layoutSensitivity = "layout_sensitivity"

    package var label: String { facts.label }
    package var unit: String { facts.unit }
    /// Decimals that are shown.
    package var decimals: Int { facts.decimals }

    private var facts: (label: String, unit: String, decimals: Int) {
        switch self {
        case .consecutiveConsistency: ("frame consistency, consecutive", "cosine", 4)
        case .allPairsConsistency: ("frame consistency, all pairs", "cosine", 4)
        case .insideConsistency: ("consistency inside windows", "cosine", 4)
        case .acrossConsistency: ("consistency across windows", "cosine", 4)
        case .promptConsistency: ("prompt consistency", "cosine x 100", 2)
        case .motion: ("motion", "pixels a frame", 3)
        case .frameDifference: ("frame difference", "levels", 3)
        case .flickering: ("temporal flickering", "1 is still", 4)
        case .warpError: ("warp error", "x 1000", 4)
        case .detailEnergy: ("detail energy", "x 1000", 4)
        case .psnr: ("PSNR to the source", "dB", 2)
        case .structureCorrelation: ("structure correlation", "", 4)
        case .structureError: ("structure error", "of the range", 4)
        case .sceneCuts: ("scene cuts", "", 0)
        case .seamIndex: ("seam index S", "1 is none", 3)
        case .seamPValue: ("seam p value", "", 3)
        case .stridePeriodicity: ("stride periodicity", "about 1.4", 2)
        case .colourSlope: ("colour slope", "levels / 100 frames", 3)
        case .colourJumpBorders: ("colour jump at borders", "levels", 3)
        case .colourJumpElsewhere: ("colour jump elsewhere", "levels", 3)
        case .overlapMismatch: ("overlap mismatch", "D / (2σ²)", 4)
        case .latentVarianceRatio: ("latent variance, shared frames", "ratio", 4)
        case .latentVariancePredicted: ("latent variance, predicted", "ratio", 4)
        case .ghostFrames: ("ghost frames", "", 0)
        case .layoutSensitivity: ("layout sensitivity", "0 is none", 4)
        }
    }

    /// What misleads about it, as one sentence; nil if the label says it all.
    package var trap: String? {
        switch self {
        case .consecutiveConsistency:
            "Frame consistency is 1 for a still picture: read motion first. Consecutive and all "
                + "pairs are different numbers in the literature."
        case .acrossConsistency:
            "Inside and across windows: their difference tells about stitching, the level does not."
        case .flickering: "Flickering compares only scenes that ought to stand still."
        case .warpError:
            "Blur lowers the warp error, even below the source's: read detail energy beside it."
        case .seamPValue: "The seam p value cannot be below 1 / phases: look at S as well."
        case .sceneCuts: "A hard seam can be taken for a scene cut."
        default: nil
        }
    }
}
