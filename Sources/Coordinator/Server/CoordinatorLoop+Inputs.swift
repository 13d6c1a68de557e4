import Diffusion
import Dispatch
import FFmpeg
import Scheduling
import WireProtocol

// From a unit and what it needs to how its inputs are made.

extension CoordinatorLoop {
    /// How an input of a unit is made; nil if a result that it needs is not there.
    func recipe(
        for input: InputDescription,
        of key: UnitKey,
        _ order: UnitOrder
    ) -> (InputKey, InputRecipe)? {
        let (job, shot) = (key.job, key.shot)
        func named(_ frames: Range<Int>, round: Int = 0) -> InputKey {
            InputKey(job: job, shot: shot, name: input.name, frames: frames, round: round)
        }
        switch input.name {
        case "content":
            let unit = UnitKey(job: job, shot: 0, unit: UnitID(.content))
            guard let content = stored(unit) else { return nil }
            let all = InputKey(job: job, shot: 0, name: input.name, frames: 0..<0, round: 0)
            return (all, .result(content))
        case "depth":
            return depthRecipe(input, key, order).map { (named(order.frames), $0) }
        case "latents":
            guard let (round, recipe) = latentsRecipe(key) else { return nil }
            return (named(order.frames, round: round), recipe)
        case "image":
            return contentImage(of: job).map { (named(0..<0), .ready($0.pixels)) }
        default:
            guard let times = frameTimes(order, job), let record = jobs[job],
                let sources = try? media.sources(of: job, record.specification)
            else { return nil }
            return (named(order.frames), .media(sources, input.name, times))
        }
    }

    /// Descriptions of all inputs of a unit; nil if its picture cannot be read, of which planning
    /// tells as well, with the reason.
    func describedInputs(of unit: UnitKey, _ order: UnitOrder) -> [InputDescription]? {
        guard let job = jobs[unit.job]?.specification else { return nil }
        var imageShape: [Int] = []
        if unit.unit.kind == .content, job.image != nil {
            guard let image = contentImage(of: unit.job) else { return nil }
            imageShape = [image.height, image.width, 3]
        }
        return UnitTensors.inputs(
            of: unit.unit,
            frames: order.frames,
            in: job,
            imageShape: imageShape
        )
    }

    /// The picture whose look the job takes; read once, and small.
    private func contentImage(of job: JobID) -> VideoFrame? {
        if let image = jobs[job]?.contentImage { return image }
        guard let path = jobs[job]?.specification.image,
            let image = try? ContentImage.read(path)
        else { return nil }
        jobs[job]?.contentImage = image
        return image
    }

    private func frameTimes(_ order: UnitOrder, _ job: JobID) -> [Rational]? {
        guard let times = jobs[job]?.frameTimes else { return nil }
        let frames = order.frames
        let range = order.firstFrame + frames.lowerBound..<order.firstFrame + frames.upperBound
        return range.upperBound <= times.count ? Array(times[range]) : nil
    }

    /// Depth of the frames, from the chunks that hold them.
    private func depthRecipe(
        _ input: InputDescription,
        _ key: UnitKey,
        _ order: UnitOrder
    ) -> InputRecipe? {
        guard let work = farm.outline(of: key.shot, in: key.job)?.work else { return nil }
        var tiles: [(firstFrame: Int, unit: StoredUnit)] = []
        for chunk in work.chunks(sharing: order.frames) {
            let id = UnitID(.depth, index: chunk)
            guard let unit = stored(UnitKey(job: key.job, shot: key.shot, unit: id)) else {
                return nil
            }
            tiles.append((chunk * work.chunkFrames, unit))
        }
        return .tiles(tiles, frameBytes: input.byteCount / order.frames.count)
    }

    /// Latents of the round before, or of the last round for decoding, with that round.
    private func latentsRecipe(_ key: UnitKey) -> (Int, InputRecipe)? {
        guard let shot = farm.outline(of: key.shot, in: key.job),
            let fuser = jobs[key.job]?.fuser(of: shot)
        else { return nil }
        let inputs = shot.work.inputs(of: key.unit)
        var windows: [Int: StoredUnit] = [:]
        for window in inputs.windows {
            let id = UnitID(.sample, index: window, round: inputs.round)
            guard let unit = stored(UnitKey(job: key.job, shot: key.shot, unit: id)) else {
                return nil
            }
            windows[window] = unit
        }
        return (inputs.round, .fused(fuser, windows))
    }

    func stored(_ key: UnitKey) -> StoredUnit? {
        farm.result(of: key).map { StoredUnit(key: key, summary: $0) }
    }
}
