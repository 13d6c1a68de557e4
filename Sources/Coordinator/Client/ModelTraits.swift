/// What a job has to know of the model that its workers will read.
///
/// Who submits has the model's configs at hand and fills this in; nothing here has seen a network.
package struct ModelTraits: Hashable, Sendable {
    /// What workers find it by: the folder as people named it, absolute, or the name of a model
    /// that comes with the program.
    package var path: String
    package var variant: String?
    /// What tells this model from others, 32 bytes.
    package var fingerprint: [UInt8]
    /// Width of the content embedding.
    package var contentChannels: Int
    package var latentChannels: Int
    /// Pixels of a latent's side.
    package var latentScale: Int
    /// What width and height have to be multiples of, in pixels.
    package var sizeMultiple: Int
    /// Side of the square picture that the model is best at, in pixels.
    package var nativeSide: Int
    /// Frames of the longest window.
    package var framesMax: Int

    package init(
        path: String,
        variant: String? = nil,
        fingerprint: [UInt8],
        contentChannels: Int,
        latentChannels: Int = 4,
        latentScale: Int = 8,
        sizeMultiple: Int,
        nativeSide: Int = 512,
        framesMax: Int
    ) {
        precondition(contentChannels > 0 && latentChannels > 0 && latentScale > 0)
        precondition(sizeMultiple > 0 && nativeSide > 0 && framesMax > 0)
        self.path = path
        self.variant = variant
        self.fingerprint = fingerprint
        self.contentChannels = contentChannels
        self.latentChannels = latentChannels
        self.latentScale = latentScale
        self.sizeMultiple = sizeMultiple
        self.nativeSide = nativeSide
        self.framesMax = framesMax
    }
}
