import NN
import Tensors

/// Gives a gen1 model more latent channels, so that at first it computes what it did before and
/// training can go on from there.
///
/// The encoder finds something in the new channels at once, of the size of what is in the old ones.
/// Nothing reads it yet, for the kernels with which the decoder and the video network read them are
/// zero, and the video network predicts zero for them.
///
/// Legend: C latent channels of the model, D of the widened one.
package struct ModelWidening: Sendable {
    package let source: CheckpointFolder
    package let variant: String?
    /// C.
    package let oldChannels: Int
    /// D, more than C.
    package let channels: Int
    /// The widened networks, of which nothing has been read but shapes.
    package let networks: [FreshComponent]

    /// - Parameters:
    ///   - source: A model with an autoencoder and gen1's UNet of as many latent channels.
    ///   - variant: As for `CheckpointComponent.tensors(variant:)`.
    ///   - channels: More than the model has, up to `Gen1Config.latentChannelsMax`.
    ///   - seed: Of the encoder's kernels for the new channels.
    /// - Throws: `WideningError` if the model has as many channels already;
    ///   `CheckpointError`, `ConfigError` or `WeightError` if it is no such model.
    package init(
        _ source: CheckpointFolder,
        variant: String? = nil,
        to channels: Int,
        seed: UInt64
    ) throws {
        let vae = try Self.component(.vae, called: "AutoencoderKL", of: source)
        let unet = try Self.component(.gen1, called: Gen1Config.className, of: source)
        let oldChannels = try Gen1Config(try unet.config()).latentChannels
        try AutoencoderConfig(try vae.config()).check(latents: oldChannels, path: vae.path)
        guard channels > oldChannels, channels <= Gen1Config.latentChannelsMax else {
            throw WideningError(
                "expected more latent channels than the \(oldChannels) of \(source.path), at most "
                    + "\(Gen1Config.latentChannelsMax), found \(channels)"
            )
        }
        let map = ChannelMap(from: oldChannels, to: channels)
        self.source = source
        self.variant = variant
        self.oldChannels = oldChannels
        self.channels = channels
        networks = [
            try Self.widened(
                vae,
                .vae,
                variant,
                ["latent_channels": channels],
                map.autoencoder(ParameterInitializer(seed: seed))
            ),
            try Self.widened(
                unet,
                .gen1,
                variant,
                [
                    "in_channels": Gen1Config.inputChannels(latent: channels),
                    "out_channels": channels,
                ],
                map.denoiser
            ),
        ]
    }

    /// Writes the widened model, precision and all other components as they are.
    package var packer: ModelPacker {
        var packer = ModelPacker(source, variant: variant)
        packer.precision = .stored
        for network in networks { packer.replacements[network.kind.folder] = network }
        return packer
    }

    private static func component(
        _ kind: ComponentKind,
        called className: String,
        of source: CheckpointFolder
    ) throws -> CheckpointComponent {
        let component = try source.component(kind.folder)
        guard try component.kind() == kind else {
            let found = JSONValue.string(try component.className()).serialized()
            throw ConfigError("\(component.path): expected the class \(className), found \(found)")
        }
        return component
    }

    /// A component with other values in its config and other tensors in place of some of its own.
    private static func widened(
        _ component: CheckpointComponent,
        _ kind: ComponentKind,
        _ variant: String?,
        _ counts: [String: Int],
        _ changes: [String: ChannelChange]
    ) throws -> FreshComponent {
        // Strictly before anything is made of it: what is changed has the shapes of the config.
        _ = try component.load(on: ShapeBackend(), variant: variant) { config, weights in
            try kind.readNetwork(config, weights)
        }
        let tensors = try component.tensors(variant: variant)
        return FreshComponent(
            kind: kind,
            config: try component.config().values.merging(counts.mapValues { .integer($0) }) { $1 },
            parameters: tensors.names.compactMap { name in
                guard let tensor = tensors.tensor(named: name)?.named(name) else { return nil }
                return changes[name].map { $0(tensor) } ?? tensor
            }
        )
    }
}

/// A number of latent channels to which a model cannot be widened.
package struct WideningError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Where the rows and columns of the widened tensors come from, nil for new ones.
private struct ChannelMap {
    private let old: Int
    /// Those of the new channels among the wide one's: C ..< D.
    private let fresh: Range<Int>

    init(from old: Int, to channels: Int) {
        self.old = old
        fresh = old..<channels
    }

    /// The old channels from `start` on, then the new ones.
    private func latent(from start: Int = 0) -> [Int?] {
        (start..<start + old).map { $0 } + fresh.map { _ in nil }
    }

    /// Means of the posterior, then the logarithms of its variances, of which the new are copies:
    /// as sure of itself as the encoder is of the old channels.
    private var moments: [Int?] {
        latent() + (0..<fresh.upperBound).map { old + $0 % old }
    }

    func autoencoder(_ initializer: ParameterInitializer) -> [String: ChannelChange] {
        [
            "encoder.conv_out.weight": ChannelChange(
                rows: moments,
                .random(fresh, like: 0..<old, initializer)
            ),
            "encoder.conv_out.bias": ChannelChange(rows: moments),
            "quant_conv.weight": ChannelChange(
                rows: moments,
                columns: latent() + latent(from: old),
                .identity(fresh)
            ),
            "quant_conv.bias": ChannelChange(rows: moments),
            "post_quant_conv.weight": ChannelChange(
                rows: latent(),
                columns: latent(),
                .identity(fresh)
            ),
            "post_quant_conv.bias": ChannelChange(rows: latent()),
            "decoder.conv_in.weight": ChannelChange(columns: latent()),
        ]
    }

    /// The noisy latents, the encoded depth, then the level, which stays as it is.
    var denoiser: [String: ChannelChange] {
        let level = (0..<Gen1Config.levelChannels).map { Optional(2 * old + $0) }
        return [
            "conv_in.weight": ChannelChange(columns: latent() + latent(from: old) + level),
            "conv_out.weight": ChannelChange(rows: latent()),
            "conv_out.bias": ChannelChange(rows: latent()),
        ]
    }
}

/// What becomes of a tensor `[rows]` or `[rows, columns, ...]`.
private struct ChannelChange {
    /// What the rows that come from nowhere hold.
    enum Start {
        case zeros
        /// Row and column n of these numbers are one channel, which passes.
        case identity(Range<Int>)
        /// Normal values of the root mean square of the rows `like`, keyed by the tensor's name.
        case random(Range<Int>, like: Range<Int>, ParameterInitializer)
    }

    /// The old row or column of each; nil in the place of all for those of the tensor itself.
    private let rows: [Int?]?
    private let columns: [Int?]?
    private let start: Start

    init(rows: [Int?]? = nil, columns: [Int?]? = nil, _ start: Start = .zeros) {
        self.rows = rows
        self.columns = columns
        self.start = start
    }

    /// The changed tensor in the precision of the old one.
    func callAsFunction(_ tensor: StoredTensor) -> StoredTensor {
        let old = tensor.shape.dimensions
        let rows = rows ?? (0..<old[0]).map { $0 }
        let isMatrix = old.count > 1
        let columns = isMatrix ? columns ?? (0..<old[1]).map { $0 } : [0]
        let shape = Shape([rows.count] + (isMatrix ? [columns.count] : []) + old.dropFirst(2))
        let taps = old.dropFirst(2).reduce(1, *)
        let oldWidth = tensor.shape.count / old[0]
        let (name, start) = (tensor.name, start)
        return StoredTensor(name: name, scalarType: tensor.scalarType, shape: shape) {
            let source = tensor.floats()
            let width = columns.count * taps
            var values = [Float](repeating: 0, count: shape.count)
            for (row, oldRow) in rows.enumerated() {
                guard let oldRow else { continue }
                for (column, oldColumn) in columns.enumerated() {
                    guard let oldColumn else { continue }
                    let from = oldRow * oldWidth + oldColumn * taps
                    let to = row * width + column * taps
                    values.replaceSubrange(to..<to + taps, with: source[from..<from + taps])
                }
            }
            start.fill(&values, width: width, name)
            return values
        }
    }
}

extension ChannelChange.Start {
    fileprivate func fill(_ values: inout [Float], width: Int, _ name: String) {
        switch self {
        case .zeros: break
        case .identity(let channels):
            for channel in channels { values[channel * width + channel] = 1 }
        case .random(let rows, let likes, let initializer):
            let random = initializer.values(
                ParameterDeclaration(
                    key: name,
                    shape: [rows.count, width],
                    initial: .normal(standardDeviation: 1)
                )
            )
            func places(_ rows: Range<Int>) -> Range<Int> {
                rows.lowerBound * width..<rows.upperBound * width
            }
            let power = Self.meanSquare(values[places(likes)]) / Self.meanSquare(random[...])
            let factor = Float(power.squareRoot())
            values.replaceSubrange(places(rows), with: random.map { $0 * factor })
        }
    }

    private static func meanSquare(_ values: ArraySlice<Float>) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)
    }
}
