import Glibc

/// What a piece of noise is for; different streams of one seed are independent.
package enum NoiseStream: UInt32, CaseIterable, Sendable {
    /// Start of sampling.
    case initial = 0
    /// Noise added by a sampler step with eta > 0.
    case samplerStep = 1
    /// Noise put on a clean latent again in the middle of sampling.
    case renoise = 2
    /// Draw from the autoencoder's posterior.
    case posterior = 3
    /// Order of re-used noise frames.
    case permutation = 4
    /// Offset of a shifted window tiling.
    case windowShift = 5
    /// Start and steps of the diffusion prior, which has no frames.
    case prior = 6
}

/// One draw of a stream: the sampler step it belongs to, 0 where there is only one.
package struct NoiseKey: Hashable, Sendable {
    package let stream: NoiseStream
    package let step: Int

    package init(_ stream: NoiseStream, step: Int = 0) {
        precondition(step >= 0 && step <= Int(UInt32.max), "noise of step \(step)")
        self.stream = stream
        self.step = step
    }

    package static let initial = NoiseKey(.initial)
}

/// Where the channels of a noise tensor are; its values per frame, channel and pixel are the same.
package enum NoiseLayout: Hashable, Sendable {
    /// `[F, C, H, W]`, the layout of files.
    case channelsFirst
    /// `[F, H, W, C]`, the layout of the engine.
    case channelsLast
}

/// Extent of the noise of one frame.
package struct NoiseExtent: Hashable, Sendable {
    package let channels: Int
    package let height: Int
    package let width: Int

    package init(channels: Int, height: Int, width: Int) {
        precondition(
            channels > 0 && height > 0 && width > 0,
            "noise of \(channels) channels, \(height) by \(width)"
        )
        self.channels = channels
        self.height = height
        self.width = width
    }

    package var count: Int { channels * height * width }
}

/// Standard normal noise that depends on nothing but a seed, a frame's number in the source video,
/// and a key: never on the window, worker or attempt that asks for it.
///
/// Philox4x32-10 with the key (seed low, seed high) and the counter (block, frame, step, stream);
/// each block gives four normals by Box–Muller, computed in double and stored as float:
///
///     u_i = (word_i + ½) / 2³²,  r = √(−2 ln u₀),  (r cos 2πu₁, r sin 2πu₁)
///
/// for words (0, 1) and (2, 3). The elements of a frame follow the blocks in the order channel,
/// row, column. Words are the same on every machine; normals depend on the C library's last bit, so
/// they are always made on the CPU.
package struct NoiseSource: Hashable, Sendable {
    package let seed: UInt64
    private let generator: Philox4x32

    package init(seed: UInt64) {
        self.seed = seed
        generator = Philox4x32(
            key0: UInt32(truncatingIfNeeded: seed),
            key1: UInt32(truncatingIfNeeded: seed >> 32)
        )
    }

    /// The words of one block of four normals.
    package func words(block: Int, frame: Int, key: NoiseKey) -> Philox4x32.Block {
        precondition(frame >= 0 && frame <= Int(UInt32.max), "noise of frame \(frame)")
        precondition(block >= 0 && block <= Int(UInt32.max), "noise block \(block)")
        return generator(
            Philox4x32.Block(
                UInt32(block),
                UInt32(frame),
                UInt32(key.step),
                key.stream.rawValue
            )
        )
    }

    /// The first `count` normals of `frame`.
    package func normals(_ count: Int, frame: Int, key: NoiseKey) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(count + 3)
        for block in 0..<(count + 3) / 4 {
            let words = words(block: block, frame: frame, key: key)
            let first = Self.boxMuller(words.word0, words.word1)
            let second = Self.boxMuller(words.word2, words.word3)
            values.append(Float(first.cosine))
            values.append(Float(first.sine))
            values.append(Float(second.cosine))
            values.append(Float(second.sine))
        }
        values.removeLast(values.count - count)
        return values
    }

    /// Independent noise of the absolute frames `frames`, `[F, C, H, W]` or `[F, H, W, C]`.
    package func frames(
        _ frames: Range<Int>,
        _ extent: NoiseExtent,
        key: NoiseKey,
        layout: NoiseLayout = .channelsLast
    ) -> HostTensor {
        var values: [Float] = []
        values.reserveCapacity(frames.count * extent.count)
        for frame in frames {
            values += normals(extent.count, frame: frame, key: key)
        }
        return Self.arrange(values, frames: frames.count, extent, layout)
    }

    /// Frames in the order channel, row, column as a tensor of `layout`.
    static func arrange(
        _ values: [Float],
        frames: Int,
        _ extent: NoiseExtent,
        _ layout: NoiseLayout
    ) -> HostTensor {
        let tensor = HostTensor(values, [frames, extent.channels, extent.height, extent.width])
        return switch layout {
        case .channelsFirst: tensor
        case .channelsLast: tensor.permuted([0, 2, 3, 1])
        }
    }

    private static func boxMuller(
        _ word0: UInt32,
        _ word1: UInt32
    ) -> (cosine: Double, sine: Double) {
        let radius = (-2 * log((Double(word0) + 0.5) * 0x1p-32)).squareRoot()
        let angle = 2 * Double.pi * ((Double(word1) + 0.5) * 0x1p-32)
        return (radius * cos(angle), radius * sin(angle))
    }
}
