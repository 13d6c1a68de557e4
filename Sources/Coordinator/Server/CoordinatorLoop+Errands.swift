import Dispatch
import FFmpeg
import Logging
import Scheduling
import Tensors
import WireProtocol

// Planning and assembling, which take long and run on queues.

extension CoordinatorLoop {
    func startPlanning(_ job: JobID) {
        guard let specification = jobs[job]?.specification else { return }
        media.start(job) { errand, tell in
            do {
                try ShotPlanner(specification).run(isAbandoned: { errand.isAbandoned }) { shots in
                    tell(.planned(shots))
                }
            } catch {
                tell(.planningFailed("\(error)"))
            }
        }
    }

    func startAssembly(_ job: JobID) {
        guard let record = jobs[job], let report = farm.report(job) else { return }
        let frames = decodedFrames(of: job, shotCount: report.shotCount)
        let results = storage.results
        media.start(job) { errand, tell in
            do {
                let reader = DecodedFrames(frames, results)
                let assembly = try Assembly(record.specification, times: record.frameTimes)
                let written = try assembly.run(
                    isAbandoned: { errand.isAbandoned },
                    progress: { tell(.written($0)) },
                    chunk: { try reader.read($0) }
                )
                if written != nil { tell(.assembled) }
            } catch let lost as LostResult {
                tell(.lost(lost))
            } catch {
                tell(.assemblyFailed("\(error)"))
            }
        }
    }

    /// The decoded chunks of a job in the order of its frames.
    private func decodedFrames(of job: JobID, shotCount: Int) -> [DecodedChunk] {
        var chunks: [DecodedChunk] = []
        for index in 0..<shotCount {
            guard let shot = farm.outline(of: index, in: job) else { continue }
            for chunk in 0..<shot.work.chunkCount {
                let id = UnitID(.decode, index: chunk)
                let key = UnitKey(job: job, shot: index, unit: id)
                guard let summary = farm.result(of: key) else { continue }
                let frames = shot.work.chunk(chunk)
                let first = shot.firstFrame + frames.lowerBound
                chunks.append(
                    DecodedChunk(
                        unit: StoredUnit(key: key, summary: summary),
                        frames: first..<first + frames.count
                    )
                )
            }
        }
        return chunks
    }

    /// Writes a strip of pictures from latents that were just blended, every few seconds.
    func preview(_ key: InputKey, _ tensor: InputTensor) {
        guard let record = jobs[key.job], record.specification.writesPreview,
            record.lastPreview.map({ now.since($0) >= configuration.previewInterval }) ?? true
        else { return }
        jobs[key.job]?.lastPreview = now
        let path = "\(record.specification.output).preview.png"
        let logger = logger
        media.computing.async {
            let shape = Shape(tensor.description.shape)
            guard let latents = HostTensor(littleEndian: tensor.bytes, shape) else { return }
            do {
                try PreviewStrip.write(latents, to: path)
            } catch {
                logger.warning("a preview cannot be written", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Acts on what an errand told.
    func hear(_ news: ErrandNews, of job: JobID, from errand: Errand) {
        switch news {
        case .planned(let planned):
            noteTimes(planned, of: job)
            if let damage = planned.damage { addEvent("damaged input: \(damage)", to: job) }
            if planned.isLast { media.finished(errand, of: job) }
            tell(.planned(job, planned.outlines, isLast: planned.isLast))
        case .planningFailed(let reason):
            media.finished(errand, of: job)
            tell(.planningFailed(job, reason: reason))
        case .written(let count): jobs[job]?.framesWritten = UInt64(count)
        case .assembled:
            media.finished(errand, of: job)
            tell(.assembled(job))
        case .assemblyFailed(let reason):
            media.finished(errand, of: job)
            tell(.assemblyFailed(job, reason: reason))
        case .lost(let lost):
            media.finished(errand, of: job)
            lose(lost)
        }
    }

    /// Times that are known already come again when planning starts over.
    private func noteTimes(_ planned: PlannedShots, of job: JobID) {
        guard let known = jobs[job]?.frameTimes.count, let first = planned.outlines.first else {
            return
        }
        let fresh = planned.times.dropFirst(max(0, known - first.firstFrame))
        guard !fresh.isEmpty, first.firstFrame <= known else { return }
        jobs[job]?.frameTimes += fresh
        storage.note(times: Array(fresh), from: known, of: job)
    }
}
