import Coordinator
import Models
import Pipelines
import WireProtocol

extension ModelTraits {
    /// Reads a model folder's configs and the weights' headers, and checks that it has the parts
    /// that the job needs.
    init(reading path: String, _ options: JobOptions) throws {
        let folder = try CheckpointFolder.open(path)
        let facts = try ModelFacts(folder)
        let needsPrompt = options.prompt != nil || options.negative != nil
        if let missing = facts.missing(forPrompt: needsPrompt, forPicture: options.image != nil) {
            throw Failure(.badInput, "\(path): \(missing)")
        }
        try ModelFacts.checkWeights(
            folder,
            variant: options.variant,
            forPrompt: needsPrompt,
            forPicture: options.image != nil
        )
        self.init(
            path: path,
            variant: options.variant,
            fingerprint: try ModelFingerprint.of(folder) { Checksum.of($0) },
            contentChannels: facts.contentChannels,
            latentChannels: facts.latentChannels,
            latentScale: facts.latentScale,
            sizeMultiple: facts.sizeMultiple,
            nativeSide: facts.nativeSize,
            framesMax: facts.maxFrames
        )
    }
}
