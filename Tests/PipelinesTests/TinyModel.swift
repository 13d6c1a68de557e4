import Diffusion
import Models
import NN
import Pipelines
import Tensors
import TestSupport

/// The smallest gen1, with values in all its parameters: its temporal layers do something, so that
/// windows disagree.
enum TinyModel {
    static let config: [String: JSONValue] = [
        "_class_name": .string("WeftGen1UNet"), "in_channels": .integer(12),
        "out_channels": .integer(4), "max_frames": .integer(4), "norm_num_groups": .integer(4),
        "block_out_channels": .array([.integer(8), .integer(16)]),
        "layers_per_block": .integer(1), "cross_attention_dim": .integer(6),
        "attention_head_dim": .integer(2),
        "down_block_types": .array([.string("CrossAttnDownBlock2D"), .string("DownBlock2D")]),
        "up_block_types": .array([.string("UpBlock2D"), .string("CrossAttnUpBlock2D")]),
    ]

    static let autoencoder: [String: JSONValue] = [
        "_class_name": .string("AutoencoderKL"), "norm_num_groups": .integer(4),
        "block_out_channels": .array([.integer(8), .integer(16)]),
        "latent_channels": .integer(4), "scaling_factor": .number(0.5),
        "down_block_types": .array([
            .string("DownEncoderBlock2D"), .string("DownEncoderBlock2D"),
        ]),
        "up_block_types": .array([.string("UpDecoderBlock2D"), .string("UpDecoderBlock2D")]),
    ]

    static let schedule: SchedulerConfig = {
        var config = SchedulerConfig.stableDiffusion
        config.prediction = .velocity
        return config
    }()

    static func backend(threads: Int = 1) -> CPUBackend {
        CPUBackend(CPUConfiguration(threads: threads))
    }

    static func network(on backend: any Backend) throws -> Gen1UNet {
        let config = ConfigObject(config, label: "config.json")
        let declarations = try ComponentKind.gen1.declarations(config)
        let shapes = declarations.map { ($0.key, $0.shape) }
        let weights = KeyedWeights(Dictionary(uniqueKeysWithValues: shapes))
        return try Gen1UNet(Gen1Config(config), ParameterStore(weights, backend: backend).root)
    }

    /// Writes the UNet, a scheduler and, unless it is left out, the autoencoder.
    static func write(to folder: TemporaryFolder, autoencoder hasAutoencoder: Bool = true) throws {
        let unet = ConfigObject(config, label: "unet")
        try FreshComponent(.gen1, config: unet, seed: 1).write(to: folder("model"))
        guard hasAutoencoder else { return }
        let vae = ConfigObject(autoencoder, label: "vae")
        try FreshComponent(.vae, config: vae, seed: 2).write(to: folder("model"))
    }

    /// Its folder opened.
    static func open(
        _ folder: TemporaryFolder,
        autoencoder: Bool = true
    ) throws -> CheckpointFolder {
        try write(to: folder, autoencoder: autoencoder)
        return try CheckpointFolder.open(folder("model"))
    }
}

/// A file of tensors as a person gives it.
func tensorFile(_ tensors: [String: HostTensor], in folder: TemporaryFolder) throws -> InputTensors
{
    let path = folder("in.safetensors")
    try SafetensorsFile.write(tensors, to: path)
    return InputTensors(try SafetensorsFile.open(path))
}
