package import Scheduling
package import WireProtocol

/// What a unit is given and what it has to give back.
package enum UnitTensors {
    /// The inputs of a unit: all it needs that its job's specification does not say.
    ///
    /// - Parameters:
    ///   - unit: The unit; its round decides whether it starts from something.
    ///   - frames: Its frames; none for content.
    ///   - job: The specification.
    ///   - imageShape: `[H, W, 3]` of the picture whose look is taken; for content only.
    /// - Returns: In a fixed order.
    package static func inputs(
        of unit: UnitID,
        frames: Range<Int>,
        in job: JobSpecification,
        imageShape: [Int] = []
    ) -> [InputDescription] {
        let (width, height) = (Int(job.width), Int(job.height))
        let n = frames.count
        let pictures = InputDescription("frames", .uint8, [n, height, width, 3], isKept: true)
        switch unit.kind {
        case .content:
            guard job.image != nil else { return [] }
            return [InputDescription("image", .uint8, imageShape)]
        case .depth:
            return [pictures]
        case .sample:
            var inputs = [
                InputDescription("content", .float32, [1, Int(job.contentChannels)], isKept: true),
                InputDescription("depth", .float32, [n, height, width], isKept: true),
            ]
            if needsSource(round: unit.round, job) { inputs.append(pictures) }
            if job.mask != nil {
                let shape = latentShape(n, job).dropLast() + [1]
                inputs.append(InputDescription("mask", .float32, Array(shape), isKept: true))
            }
            if unit.round > 0 {
                inputs.append(InputDescription("latents", .float32, latentShape(n, job)))
            }
            return inputs
        case .decode:
            return [InputDescription("latents", .float32, latentShape(n, job))]
        }
    }

    /// What the result of a unit has to be.
    package static func result(
        of unit: UnitID,
        frames: Range<Int>,
        in job: JobSpecification
    ) -> InputDescription {
        let (width, height) = (Int(job.width), Int(job.height))
        switch unit.kind {
        case .content:
            return InputDescription("content", .float32, [1, Int(job.contentChannels)])
        case .depth:
            return InputDescription("depth", .float32, [frames.count, height, width])
        case .sample:
            return InputDescription("latents", .float32, latentShape(frames.count, job))
        case .decode:
            return InputDescription("frames", .uint8, [frames.count, height, width, 3])
        }
    }

    /// A run that starts from the noised source reads it once; an edit under a mask puts the source
    /// back after each step.
    private static func needsSource(round: Int, _ job: JobSpecification) -> Bool {
        job.mask != nil || (round == 0 && job.strength < 1)
    }

    private static func latentShape(_ frames: Int, _ job: JobSpecification) -> [Int] {
        let scale = Int(job.latentScale)
        return [
            frames, Int(job.height) / scale, Int(job.width) / scale, Int(job.latentChannels),
        ]
    }
}

extension InputDescription {
    /// Bytes of the tensor.
    package var byteCount: Int { shape.reduce(scalarType.byteCount, *) }
}
