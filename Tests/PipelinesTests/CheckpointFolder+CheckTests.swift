import Models
import Pipelines
import TestSupport
import Testing

struct CheckpointFolderCheckTests {
    @Test(arguments: [
        (#"{"_class_name":"PNDMScheduler","steps_offset":1}"#, "readable"),
        (#"{"_class_name":"DDIMScheduler","prediction_type":"hope"}"#, "failed"),
        (#"{"_class_name":"DDIMScheduler","beta_start":2}"#, "failed"),
        (#"{"_class_name":"UnCLIPScheduler","prediction_type":"sample"}"#, "readable"),
        (#"{"_class_name":"UnCLIPScheduler","prediction_type":"hope"}"#, "failed"),
    ])
    func schedulersAreReadAsTheSamplerReadsThem(_ config: String, _ word: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("{}", to: "model_index.json")
        _ = try folder.write(config, to: "scheduler/scheduler_config.json")
        let checks = try CheckpointFolder.open(folder.path).check()
        #expect(checks.map(\.word) == [word])
    }
}
