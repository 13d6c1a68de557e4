/// What the examples of a run are made of, whatever it trains.
package struct TrainingInputs: Hashable, Sendable {
    /// "scenes", and folders of videos and pictures.
    package var data: [String]
    /// Of the pictures, in pixels.
    package var width: Int
    package var height: Int
    /// Of a clip.
    package var frames: Int
    /// Examples in a micro-batch.
    package var batch: Int
    package var seed: UInt64

    package init(
        data: [String],
        width: Int,
        height: Int,
        frames: Int,
        batch: Int,
        seed: UInt64
    ) {
        self.data = data
        self.width = width
        self.height = height
        self.frames = frames
        self.batch = batch
        self.seed = seed
    }
}
