import Glibc
package import Tensors

/// Symmetric cross-entropy between the similarities of N images and N texts and who belongs to
/// whom.
///
/// Radford et al. 2021 (arXiv 2103.00020), figure 3: with rows normalised to length 1,
///
///     s_ij = e^τ · ⟨image_i, text_j⟩
///     L = ½ (mean_i H(t_i, softmax_j s_ij) + mean_j H(t_j, softmax_i s_ij))
///
/// * Captions that are equal describe each other's images: where a batch holds m of one caption,
///   each is a target with weight 1 / m. With a small grammar such pairs are common, and as
///   negatives they would push apart what is the same.
/// * e^τ is at most 100, as in CLIP. CLIP sets τ back after each step; here τ counts as the bound
///   while it is above, and keeps only derivatives that lead back.
package struct ContrastiveLoss: Hashable, Sendable {
    /// Largest e^τ.
    package static let scaleMax = 100.0
    /// Where τ starts: e^τ = 1 / 0.07.
    package static let initialLogScale = Float(2.659_260_036_932_778)

    package init() {}

    /// What the loss points to, and how many found their partner.
    package struct Result: Equatable, Sendable {
        package let value: Double
        /// Derivatives by the embeddings as given, `[N, D]`.
        package let images: HostTensor
        package let texts: HostTensor
        /// Derivative by τ.
        package let logScale: Double
        /// Share of images and texts whose most similar partner has the right caption.
        package let accuracy: Double
    }

    /// Judges a batch.
    ///
    /// - Parameters:
    ///   - images: Embeddings `[N, D]`, not normalised.
    ///   - texts: Of the same shape.
    ///   - logScale: τ.
    ///   - captions: N; equal ones are one another's targets.
    /// - Returns: The loss and its derivatives.
    package func callAsFunction(
        images: HostTensor,
        texts: HostTensor,
        logScale: Float,
        captions: [String]
    ) -> Result {
        precondition(
            images.shape == texts.shape && images.shape.rank == 2
                && images.shape[0] == captions.count && !captions.isEmpty,
            "images \(images.shape), texts \(texts.shape), \(captions.count) captions"
        )
        let found = Batch(
            images: images.doubles,
            texts: texts.doubles,
            channels: images.shape[1],
            captions: captions
        ).judged(logScale: Double(logScale))
        return Result(
            value: found.value,
            images: HostTensor(found.images.map { Float($0) }, images.shape),
            texts: HostTensor(found.texts.map { Float($0) }, texts.shape),
            logScale: found.logScale,
            accuracy: found.accuracy
        )
    }

    /// A batch in double precision.
    package struct Batch {
        package var images: [Double]
        package var texts: [Double]
        private let channels: Int
        private let captions: [String]

        /// Rows of `channels` values, one a caption.
        package init(images: [Double], texts: [Double], channels: Int, captions: [String]) {
            self.images = images
            self.texts = texts
            self.channels = channels
            self.captions = captions
        }

        /// The loss, its derivatives, and how many found their partner.
        package struct Judgement {
            package var value = 0.0
            package var images: [Double] = []
            package var texts: [Double] = []
            package var logScale = 0.0
            package var accuracy = 0.0
        }

        package func judged(logScale: Double) -> Judgement {
            let count = captions.count
            let bound = log(ContrastiveLoss.scaleMax)
            let scale = exp(min(logScale, bound))
            let (image, imageLengths) = Self.normalised(images, channels)
            let (text, textLengths) = Self.normalised(texts, channels)
            var cosines = [Double](repeating: 0, count: count * count)
            for i in 0..<count {
                for j in 0..<count {
                    cosines[i * count + j] = Self.product(image, i, text, j, channels)
                }
            }
            var result = Judgement()
            // Derivative by each similarity s_ij, from rows and from columns.
            var slopes = [Double](repeating: 0, count: count * count)
            var right = 0
            for line in 0..<count {
                for isRow in [true, false] {
                    let places = (0..<count).map { isRow ? line * count + $0 : $0 * count + line }
                    right += judge(line, places, cosines, scale, &result.value, &slopes)
                }
            }
            result.accuracy = Double(right) / Double(2 * count)
            let slope = zip(slopes, cosines).map { $0 * $1 * scale }.reduce(0, +)
            result.logScale = logScale <= bound ? slope : max(slope, 0)
            result.images = Self.backward(slopes, scale, image, imageLengths, text, channels) {
                $0 * count + $1
            }
            result.texts = Self.backward(slopes, scale, text, textLengths, image, channels) {
                $1 * count + $0
            }
            return result
        }

        /// Adds one row's or column's cross-entropy; 1 if its largest similarity is a target.
        private func judge(
            _ line: Int,
            _ places: [Int],
            _ cosines: [Double],
            _ scale: Double,
            _ value: inout Double,
            _ slopes: inout [Double]
        ) -> Int {
            let scores = places.map { scale * cosines[$0] }
            let top = scores.max() ?? 0
            let exponentials = scores.map { exp($0 - top) }
            let sum = exponentials.reduce(0, +)
            let isTarget = captions.map { $0 == captions[line] }
            let target = 1 / Double(isTarget.count { $0 })
            let share = 0.5 / Double(captions.count)
            for (index, place) in places.enumerated() {
                let wanted = isTarget[index] ? target : 0
                if wanted > 0 { value += share * wanted * (log(sum) + top - scores[index]) }
                slopes[place] += share * (exponentials[index] / sum - wanted)
            }
            return isTarget[scores.firstIndex(of: top) ?? line] ? 1 : 0
        }

        /// The derivative by embeddings before normalisation, of which `own` are the normalised.
        private static func backward(
            _ slopes: [Double],
            _ scale: Double,
            _ own: [Double],
            _ lengths: [Double],
            _ others: [Double],
            _ channels: Int,
            place: (Int, Int) -> Int
        ) -> [Double] {
            let count = lengths.count
            var result: [Double] = []
            result.reserveCapacity(own.count)
            for i in 0..<count {
                var gradient = [Double](repeating: 0, count: channels)
                for j in 0..<count {
                    let slope = scale * slopes[place(i, j)]
                    for c in 0..<channels { gradient[c] += slope * others[j * channels + c] }
                }
                var along = 0.0
                for c in 0..<channels { along += gradient[c] * own[i * channels + c] }
                for c in 0..<channels {
                    result.append((gradient[c] - along * own[i * channels + c]) / lengths[i])
                }
            }
            return result
        }

        private static func normalised(
            _ rows: [Double],
            _ channels: Int
        ) -> (rows: [Double], lengths: [Double]) {
            var result = rows
            var lengths: [Double] = []
            for start in stride(from: 0, to: rows.count, by: channels) {
                let squares = rows[start..<start + channels].map { $0 * $0 }.reduce(0, +)
                let length = max(squares.squareRoot(), 1e-12)
                lengths.append(length)
                for index in start..<start + channels { result[index] /= length }
            }
            return (result, lengths)
        }

        private static func product(
            _ a: [Double],
            _ i: Int,
            _ b: [Double],
            _ j: Int,
            _ channels: Int
        ) -> Double {
            var sum = 0.0
            for c in 0..<channels { sum += a[i * channels + c] * b[j * channels + c] }
            return sum
        }
    }
}
