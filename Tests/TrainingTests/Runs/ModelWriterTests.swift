import Models
import NN
import Pipelines
import Tensors
import TestSupport
import Testing
import Training

struct ModelWriterTests {
    private let folder: TemporaryFolder
    private let recording = RecordingBackend(CPUBackend(CPUConfiguration(threads: 1)))

    init() throws {
        folder = try TemporaryFolder()
    }

    private func write(_ start: StartingModel, _ component: TrainedComponent) throws {
        try SystemFile.makeFolder(folder("model"))
        try ModelWriter(start: start.folder, components: [component]).write(to: folder("model")) {
            _ in
            recording.parameters.map { ($0.key, $0.value) }
        }
    }

    private func expectSound(_ count: Int) throws {
        let check = try CheckpointFolder.open(folder("model")).check()
        #expect(check.count == count)
        for part in check {
            #expect(["sound", "readable", "foreign"].contains(part.word), "\(part)")
        }
    }

    @Test func `an image model that gen1 grew from lends all but UNet and scheduler`() throws {
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("start"))
        try SystemFile.removeTree(folder("start/unet"))
        let config = FreshModel(.tiny, seed: 1).config(.gen1).values.filter {
            $0.key != "max_frames"
        }
        try FreshComponent(.unet2d, config: ConfigObject(config, label: "config"), seed: 2)
            .write(to: folder("start"))
        let schedule = "{\"_class_name\": \"PNDMScheduler\", \"prediction_type\": \"epsilon\"}"
        try SystemFile.writeAtomically(
            Array(schedule.utf8),
            to: folder("start/scheduler/scheduler_config.json")
        )
        let start = try StartingModel(folder("start"), seed: 1)
        let (_, component) = try start.load(.gen1, on: recording) {
            try Gen1UNet(Gen1Config($0), $1)
        }
        try write(start, component)
        try expectSound(8)
        let model = try CheckpointFolder.open(folder("model"))
        #expect(try model.component("unet").kind() == .gen1)
        let prediction = try model.component("scheduler").config("scheduler_config.json")
            .string("prediction_type")
        #expect(prediction == "v_prediction")
        // Carried components are the same files.
        let name = "vae/diffusion_pytorch_model.safetensors"
        #expect(
            try SystemFile.read(folder("model/\(name)"), limit: 1 << 24)
                == SystemFile.read(folder("start/\(name)"), limit: 1 << 24)
        )
    }

    @Test func `a trained component keeps its config, its other files and unread tensors`() throws {
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("start"))
        _ = try folder.write("{\"size\": 32}", to: "start/image_encoder/preprocessor_config.json")
        let path = folder("start/image_encoder/model.safetensors")
        let file = try SafetensorsFile.open(path)
        var tensors: [String: HostTensor] = [:]
        for name in file.names { tensors[name] = file.tensor(named: name)?.hostTensor() }
        tensors["vision_model.embeddings.pos_embed.pe"] = HostTensor([1, 2], [2])
        try SafetensorsFile.write(tensors, to: path)
        let start = try StartingModel(folder("start"), seed: 1)
        let (_, component) = try start.load(.imageEncoder, on: recording) {
            try CLIPImageEncoder(CLIPVisionConfig($0), $1)
        }
        try write(start, component)
        try expectSound(8)
        let written = try SafetensorsFile.open(folder("model/image_encoder/model.safetensors"))
        #expect(written.names == tensors.keys.sorted())
        #expect(
            try SystemFile.names(in: folder("model/image_encoder")) == [
                "config.json", "model.safetensors", "preprocessor_config.json",
            ]
        )
        let config = try CheckpointFolder.open(folder("model")).component("image_encoder").config()
        #expect(config.values == component.config.values)
    }
}
