import Models
import Tensors
import TestSupport
import Testing

struct CheckpointReportTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func listsClassConfigFilesAndTensors() throws {
        let path = try SmallComponent.write(.vae, to: folder)
        let tensors = try SmallComponent.tensors(path)
        try SafetensorsFile.write(
            tensors,
            integers: ["position_ids": ([0, 1], [2])],
            as: .float16,
            to: path
        )
        _ = try folder.write("{}", to: "model_index.json")
        let report = try CheckpointFolder.open(folder.path).inspect()[0]
        #expect(report.name == "vae")
        #expect(report.className == "AutoencoderKL")
        #expect(report.kind == .vae)
        #expect(report.word == "readable")
        #expect(
            report.essentials.map(\.key) == [
                "latent_channels", "block_out_channels", "norm_num_groups",
            ]
        )
        #expect(report.files.map(\.name) == ["config.json", "diffusion_pytorch_model.safetensors"])
        #expect(report.tensorCount == tensors.count + 1)
        #expect(report.scalarTypes == [.float16: tensors.count, .int64: 1])
        #expect(report.parameterCount == tensors.values.reduce(0) { $0 + $1.values.count })
        guard case .object(let members) = report.json else {
            Issue.record("no object")
            return
        }
        #expect(members["tensors"] == .integer(tensors.count + 1))
        #expect(
            members["dtypes"] == .object(["F16": .integer(tensors.count), "I64": .integer(1)])
        )
    }

    @Test func tellsMissingFromUnreadableFromForeign() throws {
        _ = try folder.write(
            #"{"unet":["diffusers","UNet2DConditionModel"],"x":["y","CLIPImageProcessor"],"#
                + #""vae":["diffusers","AutoencoderKL"],"prior":["diffusers","PriorTransformer"]}"#,
            to: "model_index.json"
        )
        try SmallComponent.write(.vae, to: folder)
        _ = try folder.write("{", to: "unet/config.json")
        let reports = try CheckpointFolder.open(folder.path).inspect()
        #expect(reports.map(\.name) == ["prior", "unet", "vae", "x"])
        #expect(reports.map(\.word) == ["missing", "unreadable", "readable", "foreign"])
        _ = try folder.write("{", to: "vae/diffusion_pytorch_model.safetensors")
        #expect(try CheckpointFolder.open(folder.path).inspect()[2].word == "unreadable")
    }
}
