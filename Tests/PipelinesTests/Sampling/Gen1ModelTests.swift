import Diffusion
import Models
import Pipelines
import Tensors
import TestSupport
import Testing

struct Gen1ModelTests {
    private func model(_ folder: TemporaryFolder) throws -> Gen1Model {
        try Gen1Model(CheckpointFolder.open(folder("model")), on: TinyModel.backend())
    }

    @Test func theFreshFolderIsComplete() throws {
        let folder = try TemporaryFolder()
        try TinyModel.write(to: folder)
        let model = try model(folder)
        #expect(try model.schedule() == TinyModel.schedule)
        #expect(try model.network().config.maxFrames == 4)
        try model.checkAutoencoder()
        _ = try model.autoencoder()
        #expect(throws: CheckpointError.self) { try model.depthEstimator() }
    }

    /// As a folder has it to which gen1 was added beside an image model.
    @Test(arguments: ["epsilon", "sample"])
    func aScheduleOfAnotherPredictionIsRefused(_ prediction: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(
            #"{"_class_name": "DDIMScheduler", "prediction_type": "\#(prediction)"}"#,
            to: "model/scheduler/scheduler_config.json"
        )
        try TinyModel.write(to: folder, autoencoder: false)
        let error = #expect(throws: ConfigError.self) { try model(folder).schedule() }
        let message = error?.description ?? ""
        #expect(message.contains("prediction_type") && message.contains(prediction))
        #expect(message.contains("gen1 predicts v"))
    }

    @Test func anAutoencoderOfOtherLatentsIsRefused() throws {
        let folder = try TemporaryFolder()
        try TinyModel.write(to: folder, autoencoder: false)
        var config = TinyModel.autoencoder
        config["latent_channels"] = .integer(2)
        try FreshComponent(.vae, config: ConfigObject(config, label: "vae"), seed: 1)
            .write(to: folder("model"))
        for load in [{ _ = try $0.autoencoder() }, { try $0.checkAutoencoder() }]
            as [(Gen1Model) throws -> Void]
        {
            let error = #expect(throws: ConfigError.self) { try load(try model(folder)) }
            let message = error?.description ?? ""
            #expect(message.contains("vae: expected the 4 latent channels that the unet has"))
            #expect(message.hasSuffix("found 2"))
        }
    }

    @Test func anotherUNetIsRefused() throws {
        let folder = try TemporaryFolder()
        var config = TinyModel.config
        config["_class_name"] = .string("UNet2DConditionModel")
        config["max_frames"] = nil
        try FreshComponent(.unet2d, config: ConfigObject(config, label: "unet"), seed: 1)
            .write(to: folder("model"))
        let error = #expect(throws: InputError.self) { try model(folder) }
        let found = "expected a WeftGen1UNet, found a UNet2DConditionModel"
        #expect(error?.description.hasSuffix(found) == true)
    }
}
