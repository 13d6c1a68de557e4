import Diffusion
import FFmpeg
import Scheduling
import Tensors
import WireProtocol

/// How an input is made, with all that is needed for it; carried out on a queue.
enum InputRecipe: Sendable {
    /// A result as it is.
    case result(StoredUnit)
    /// Frames of results that tile a shot: each with its first frame.
    case tiles([(firstFrame: Int, unit: StoredUnit)], frameBytes: Int)
    /// Latents blended from the windows that hold the frames.
    case fused(LatentFuser, [Int: StoredUnit])
    /// Pictures of the source or the mask at some times.
    case media(MediaSources, String, [Rational])
    /// Bytes that are in memory already.
    case ready([UInt8])

    /// The input's bytes.
    ///
    /// - Parameters:
    ///   - description: What it has to be.
    ///   - frames: Its frames within the shot.
    ///   - results: Where results are.
    /// - Returns: As many bytes as the description needs.
    /// - Throws: `LostResult` if a result is gone, or what reading a file throws.
    func bytes(
        _ description: InputDescription,
        frames: Range<Int>,
        from results: StoredResults
    ) throws -> [UInt8] {
        switch self {
        case .result(let unit):
            return try Self.whole(unit, description.byteCount, results)
        case .tiles(let tiles, let frameBytes):
            var bytes: [UInt8] = []
            bytes.reserveCapacity(description.byteCount)
            for (firstFrame, unit) in tiles {
                let tile = try results.read(unit)
                let held = firstFrame..<firstFrame + tile.count / frameBytes
                let wanted = held.clamped(to: frames)
                let start = (wanted.lowerBound - firstFrame) * frameBytes
                bytes += tile[start..<start + wanted.count * frameBytes]
            }
            return bytes
        case .fused(let fuser, let windows):
            var tensors: [Int: HostTensor] = [:]
            for (window, unit) in windows {
                let length = fuser.weights.plan.windows[window].count
                let shape = [length] + description.shape.dropFirst()
                let bytes = try results.read(unit)
                guard let tensor = HostTensor(littleEndian: bytes, Shape(shape)) else {
                    throw LostResult(unit: unit.key, description: "\(unit.key) has another size")
                }
                tensors[window] = tensor
            }
            return fuser.fuse(frames: frames) { window in
                guard let tensor = tensors[window] else {
                    preconditionFailure("window \(window) is not among those of \(frames)")
                }
                return tensor
            }.littleEndianBytes
        case .media(let sources, let name, let times):
            return try sources.bytes(of: name, at: times)
        case .ready(let bytes): return bytes
        }
    }

    private static func whole(
        _ unit: StoredUnit,
        _ byteCount: Int,
        _ results: StoredResults
    ) throws(LostResult) -> [UInt8] {
        let bytes = try results.read(unit)
        guard bytes.count == byteCount else {
            throw LostResult(unit: unit.key, description: "\(unit.key) has another size")
        }
        return bytes
    }
}
