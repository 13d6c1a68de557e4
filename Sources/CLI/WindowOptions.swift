import ArgumentParser
import Diffusion

/// The layout of windows and how they are blended.
struct WindowOptions: ParsableArguments {
    @Option(help: "Frames of the shot.")
    var frames: Int

    @Option(help: "Frames of a window.")
    var window = 16

    @Option(help: "Frames that neighbouring windows share at least.")
    var overlap = 8

    @Option(help: "How a window's weight falls towards its ends.")
    var taper = WindowTaper.hann

    func plan() throws(StitchError) -> WindowPlan {
        try WindowPlan(frameCount: frames, length: window, overlap: overlap)
    }
}

extension WindowTaper: ExpressibleByArgument {}

extension FusionInterval: ExpressibleByArgument {
    package init?(argument: String) {
        if argument == "never" {
            self = .never
        } else if let count = Int(argument) {
            self = .every(count)
        } else {
            return nil
        }
    }

    package var defaultValueDescription: String {
        switch self {
        case .every(let count): "\(count)"
        case .never: "never"
        }
    }
}
