package import Diffusion
import Models
package import Pipelines
package import Tensors

/// A model at work in this process, on the arithmetic that a farm's workers and coordinator use.
///
/// Networks are loaded when they are first needed and then kept.
package final class SceneStudio {
    package let facts: ModelFacts
    /// How the model is sampled where nobody chose otherwise.
    package let defaults: SamplingDefaults
    /// What reports call it.
    package let name: String
    /// Of what computes: devices of one class give the same bits.
    package let deviceClass: String
    private let model: Gen1Model
    private let path: String
    private let variant: String?
    /// Draws embeddings for prompts.
    private let runner: UnitRunner
    /// Estimates depth and embeds pictures and texts.
    private let networks: EvaluationModel
    private var loadedNetwork: Gen1UNet?
    private var loadedAutoencoder: Autoencoder?

    /// Opens a model's folder; no weight is read yet.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - name: What reports call it; the path unless given.
    ///   - variant: Of the weights, such as fp16.
    ///   - backend: Where networks run.
    ///   - deviceClass: What reports call that.
    /// - Throws: `CheckpointError`, `InputError` or `ConfigError` if it is no gen1 model.
    package init(
        _ path: String,
        name: String? = nil,
        variant: String? = nil,
        on backend: any Backend,
        deviceClass: String
    ) throws {
        let folder = try CheckpointFolder.open(path)
        facts = try ModelFacts(folder)
        defaults = try SamplingDefaults(folder)
        self.name = name ?? path
        self.deviceClass = deviceClass
        model = try Gen1Model(folder, on: backend, variant: variant)
        self.path = path
        self.variant = variant
        runner = UnitRunner(backend)
        networks = EvaluationModel(
            folder,
            on: backend,
            deviceClass: deviceClass,
            variant: variant
        )
    }

    /// What pictures are made of.
    package struct Rendering: Sendable {
        /// `[F, h, w, C]`.
        package let latents: HostTensor
        /// As a file would hold them.
        package let pictures: Pictures
        /// How windows disagreed before the last blend.
        package let mismatches: [OverlapMismatch]
        package let plan: WindowPlan
    }

    // MARK: - Conditioning

    /// Relative inverse depth as the model estimates it, `[F, H, W]`.
    package func depth(of pictures: Pictures) throws -> HostTensor {
        try Self.present(networks.depth(of: pictures))
    }

    /// Encoded depth of a whole clip, `[F, h, w, C]`.
    package func structure(
        ofDepth depth: HostTensor,
        level: StructureLevel
    ) throws -> HostTensor {
        guard let range = DepthRange(of: depth) else {
            throw InputError("depth: expected finite values, found none")
        }
        return try LatentEncoder(autoencoder(), on: model.backend)
            .structure(ofDepth: depth, range: range, level: level)
    }

    /// The embedding `[1, D]` that the prior draws for a prompt.
    package func content(prompt: String, seed: UInt64, guidance: Double) throws -> HostTensor {
        if let missing = facts.missing(forPrompt: true, forPicture: false) {
            throw InputError(missing)
        }
        return try runner.contents(
            [PromptDraw(prompt, seed: seed)],
            guidance: guidance,
            model: path,
            variant: variant
        )
    }

    /// The embedding `[1, D]` of one of some pictures.
    package func content(_ pictures: Pictures, frame: Int) throws -> HostTensor {
        let embeddings = try Self.present(networks.embeddings(of: pictures.one(frame)))
        return HostTensor(embeddings[0], [1, embeddings[0].count])
    }

    /// CLIP's embedding of each frame.
    package func embeddings(of pictures: Pictures) throws -> [[Float]] {
        try Self.present(networks.embeddings(of: pictures))
    }

    /// CLIP's embedding of a text.
    package func embedding(ofText text: String) throws -> [Float] {
        try Self.present(networks.embedding(of: text))
    }

    private static func present<Value>(_ obtained: Obtained<Value>) throws -> Value {
        switch obtained {
        case .value(let value): return value
        case .absent(let reason): throw InputError(reason)
        }
    }

    // MARK: - Rendering

    /// Samples a clip and decodes it.
    ///
    /// - Parameters:
    ///   - structure: `[F, h, w, C]`.
    ///   - content: `[1, D]`; nil for none.
    ///   - source: Scaled latents of the source, where the strength is below 1.
    ///   - sampling: Its noise prior is the arrangement's.
    ///   - arrangement: Of windows, where the clip is longer than one.
    /// - Returns: The rendering.
    /// - Throws: `SamplerError`, `StitchError`, `DivergenceError`, or what loading throws.
    package func render(
        structure: HostTensor,
        content: HostTensor?,
        source: HostTensor? = nil,
        _ sampling: SampleSettings,
        _ arrangement: WindowArrangement
    ) throws -> Rendering {
        var inputs = ShotInputs(structure: structure)
        inputs.content = content
        inputs.source = source
        let plan = try arrangement.plan(frames: inputs.frameCount)
        var sampling = sampling
        sampling.noisePrior = arrangement.prior(plan)
        let sampler = try ShotSampler(
            network(),
            on: model.backend,
            schedule: model.schedule(),
            settings: sampling,
            hasContent: content != nil
        )
        let shape = structure.shape
        var reports: [FusionReport] = []
        let latents = try sampler.sampleShot(
            inputs,
            weights: BlendWeights(plan, taper: arrangement.taper),
            schedule: FusionSchedule(
                steps: sampler.steps,
                interval: arrangement.interval,
                until: arrangement.until
            ),
            starts: arrangement.starts(
                plan,
                seed: sampling.seed,
                NoiseExtent(channels: shape[3], height: shape[1], width: shape[2])
            ),
            didFuse: { reports.append($0) }
        )
        return Rendering(
            latents: latents,
            pictures: try pictures(of: latents),
            mismatches: reports.last?.mismatches ?? [],
            plan: plan
        )
    }

    /// Decoded latents.
    package func pictures(of latents: HostTensor) throws -> Pictures {
        Pictures(try LatentDecoder(autoencoder(), on: model.backend).frames(of: latents))
    }

    /// Scaled latents of pictures, `[F, h, w, C]`.
    package func latents(of pictures: Pictures) throws -> HostTensor {
        try LatentEncoder(autoencoder(), on: model.backend).latents(of: pictures.tensor)
    }

    /// Pictures encoded and decoded: the best that anything sampled can look like.
    package func reconstruction(of pictures: Pictures) throws -> Pictures {
        try self.pictures(of: latents(of: pictures))
    }

    // MARK: - Networks

    private func network() throws -> Gen1UNet {
        if let loadedNetwork { return loadedNetwork }
        let network = try model.network()
        loadedNetwork = network
        return network
    }

    private func autoencoder() throws -> Autoencoder {
        if let loadedAutoencoder { return loadedAutoencoder }
        let autoencoder = try model.autoencoder()
        loadedAutoencoder = autoencoder
        return autoencoder
    }
}

extension Pictures {
    /// One of them, as a clip of one frame.
    func one(_ index: Int) -> Pictures {
        let size = height * width * 3
        return Pictures(
            count: 1,
            height: height,
            width: width,
            bytes: Array(bytes[index * size..<(index + 1) * size])
        )
    }
}
