/// How the initial noise of a video's frames hangs together.
///
/// Every choice keeps each frame's noise standard normal and a function of the absolute frame
/// alone, so that all windows that share a frame start it from the same noise.
package enum NoisePrior: Hashable, Sendable {
    /// Each frame's noise is its own.
    case independent
    /// The noise of the first `window` frames, used again in groups of `group` frames whose order
    /// is shuffled.
    ///
    /// FreeNoise (Qiu et al. 2023, section 3.2). Group b ≥ window / group repeats base group
    /// b mod (window / group) in an order drawn with (seed, b); a composition of uniform
    /// permutations is uniform, so the paper's group-after-group recursion is not needed.
    case shuffled(window: Int, group: Int)
    /// Noise whose mean over any whole block of `block` frames is one field common to the video.
    ///
    /// With ε the independent noise and ε̄ its mean over the block, frame f gets
    /// √((1 − 1/window) / (1 − 1/block)) · (ε_f − ε̄) + η / √window: variance one, and the mean
    /// over a window of whole blocks has the variance 1/window of independent noise, but is the
    /// same for all windows. `block` is the stride of the windows, their length less their overlap.
    case blockMeanLock(window: Int, block: Int)

    /// Whether the numbers make sense: groups divide the window, blocks have at least two frames.
    package var isValid: Bool {
        switch self {
        case .independent: true
        case .shuffled(let window, let group): group > 0 && window > 0 && window % group == 0
        case .blockMeanLock(let window, let block): block > 1 && window > 1
        }
    }
}

/// One frame's initial noise as a sum of independent standard normal fields.
package struct NoiseMixture: Hashable, Sendable {
    package struct Term: Hashable, Sendable {
        /// The frame whose own noise is used.
        package let frame: Int
        package let coefficient: Double
    }

    package let terms: [Term]
    /// Coefficient of the field that is common to the whole video.
    package let common: Double
}

extension NoiseSource {
    /// The initial noise of the absolute frames `frames` under `prior`, which must be valid.
    ///
    /// - Returns: `[F, C, H, W]` or `[F, H, W, C]`.
    package func initialNoise(
        _ frames: Range<Int>,
        _ extent: NoiseExtent,
        prior: NoisePrior,
        layout: NoiseLayout = .channelsLast
    ) -> HostTensor {
        guard prior != .independent else {
            return self.frames(frames, extent, key: .initial, layout: layout)
        }
        // Step 1 of the initial stream is free, for frames' own noise is step 0.
        let common = normals(extent.count, frame: 0, key: NoiseKey(.initial, step: 1))
        var fields: [Int: [Float]] = [:]
        var values: [Float] = []
        values.reserveCapacity(frames.count * extent.count)
        for frame in frames {
            let mixture = mixture(of: frame, prior: prior)
            var sum = common.map { mixture.common * Double($0) }
            for term in mixture.terms {
                let field =
                    fields[term.frame] ?? normals(extent.count, frame: term.frame, key: .initial)
                fields[term.frame] = field
                for element in 0..<extent.count {
                    sum[element] += term.coefficient * Double(field[element])
                }
            }
            values += sum.map { Float($0) }
        }
        return Self.arrange(values, frames: frames.count, extent, layout)
    }

    /// What `frame`'s initial noise consists of under `prior`, which must be valid.
    package func mixture(of frame: Int, prior: NoisePrior) -> NoiseMixture {
        precondition(prior.isValid, "the noise prior \(prior) makes no sense")
        switch prior {
        case .independent:
            return NoiseMixture(terms: [.init(frame: frame, coefficient: 1)], common: 0)
        case .shuffled(let window, let group):
            let source = shuffledFrame(frame, window: window, group: group)
            return NoiseMixture(terms: [.init(frame: source, coefficient: 1)], common: 0)
        case .blockMeanLock(let window, let block):
            let inverse = 1 / Double(block)
            let scale = ((1 - 1 / Double(window)) / (1 - inverse)).squareRoot()
            let first = frame / block * block
            let terms = (first..<first + block).map {
                let own = $0 == frame ? 1 - inverse : -inverse
                return NoiseMixture.Term(frame: $0, coefficient: scale * own)
            }
            return NoiseMixture(terms: terms, common: (1 / Double(window)).squareRoot())
        }
    }

    /// The frame whose own noise `frame` uses under `NoisePrior.shuffled`.
    private func shuffledFrame(_ frame: Int, window: Int, group: Int) -> Int {
        let index = frame / group
        let baseGroups = window / group
        guard index >= baseGroups else { return frame }
        return index % baseGroups * group + permutation(of: group, index: index)[frame % group]
    }

    /// A uniform order of `0..<count`: Fisher–Yates from the end with one word a draw, the words of
    /// the permutation stream at frame `index`.
    private func permutation(of count: Int, index: Int) -> [Int] {
        var order = Array(0..<count)
        var words: [UInt32] = []
        for (draw, last) in stride(from: count - 1, to: 0, by: -1).enumerated() {
            if draw % 4 == 0 {
                let block = self.words(
                    block: draw / 4,
                    frame: index,
                    key: NoiseKey(.permutation)
                )
                words = [block.word0, block.word1, block.word2, block.word3]
            }
            order.swapAt(last, Int((UInt64(words[draw % 4]) * UInt64(last + 1)) >> 32))
        }
        return order
    }
}
