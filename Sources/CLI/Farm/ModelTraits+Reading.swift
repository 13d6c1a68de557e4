import Coordinator
import Models
import Pipelines
import WireProtocol

extension ModelTraits {
    /// Reads a model folder's configs and the weights' headers, and checks that it has the parts
    /// that the job needs.
    ///
    /// - Parameters:
    ///   - folder: The model on this machine.
    ///   - name: What the job calls it.
    ///   - options: What was asked for.
    /// - Throws: `Failure` if a part is missing that the job needs; what reading throws.
    init(reading folder: CheckpointFolder, named name: String, _ options: JobOptions) throws {
        let facts = try ModelFacts(folder)
        let needsPrompt = options.prompt != nil || options.negative != nil
        if let missing = facts.missing(forPrompt: needsPrompt, forPicture: options.image != nil) {
            throw Failure(.badInput, "\(folder.path): \(missing)")
        }
        try ModelFacts.checkWeights(
            folder,
            variant: options.variant,
            forPrompt: needsPrompt,
            forPicture: options.image != nil
        )
        self.init(
            path: name,
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
