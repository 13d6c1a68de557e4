import Models
import NN
import Tensors
import TestSupport
import Testing
import Training

struct StartingModelTests {
    private let folder: TemporaryFolder
    private let recording = RecordingBackend(CPUBackend(CPUConfiguration(threads: 1)))

    init() throws {
        folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("start"))
    }

    private static func gen1(_ config: ConfigObject, _ weights: WeightPath) throws -> Gen1UNet {
        try Gen1UNet(Gen1Config(config), weights)
    }

    @Test func `a component is loaded whole, under its keys`() throws {
        let start = try StartingModel(folder("start"), seed: 1)
        let (_, component) = try start.load(
            .gen1,
            on: recording,
            trains: Gen1UNet.isTemporal,
            Self.gen1
        )
        let weights = try start.folder.component("unet").tensors()
        #expect(Set(recording.parameters.map(\.key)) == Set(weights.names))
        #expect(recording.parameters.allSatisfy { $0.component == "unet" })
        #expect(recording.parameters.allSatisfy { $0.trains == Gen1UNet.isTemporal($0.key) })
        for parameter in recording.parameters {
            #expect(
                try parameter.value.download().values
                    == weights.tensor(named: parameter.key)?.floats()
            )
        }
        #expect(component.kind == .gen1 && component.source?.name == "unet")
    }

    @Test func `gen1 grows from an image UNet, as a component that no file holds`() throws {
        let config = FreshModel(.tiny, seed: 1).config(.gen1).values.filter {
            $0.key != "max_frames"
        }
        let image = try FreshComponent(
            .unet2d,
            config: ConfigObject(config, label: "config.json"),
            seed: 2
        )
        try image.write(to: folder("image"))
        let start = try StartingModel(folder("image"), seed: 1)
        #expect(!start.has(.gen1) && start.has(.unet2d) && !start.has(.vae))
        let (network, component) = try start.load(.gen1, on: recording, Self.gen1)
        #expect(network.config.maxFrames == 16)
        #expect(component.kind == .gen1 && component.source == nil)
        #expect(component.config.values["_class_name"] == .string("WeftGen1UNet"))
    }

    @Test func `what is missing or something else is named`() throws {
        let start = try StartingModel(folder("start"), seed: 1)
        #expect(start.has(.gen1) && !start.has(.unet2d))
        let error = #expect(throws: TrainingError.self) {
            try start.frozen(.unet2d, on: recording.base) { try UNet2D(UNet2DConfig($0), $1) }
        }
        #expect(error?.description == "\(folder("start/unet")): expected unet2d, found gen1")
        try SystemFile.removeTree(folder("start/vae"))
        let other = try StartingModel(folder("start"), seed: 1)
        #expect(throws: CheckpointError.self) {
            try other.load(.vae, on: recording) {
                try AutoencoderDecoder(AutoencoderConfig($0), $1)
            }
        }
    }

    /// A decoder alone leaves the encoder's tensors unread: the checkpoint would lose them.
    @Test func `a component that is read in part is refused`() throws {
        let start = try StartingModel(folder("start"), seed: 1)
        #expect(throws: WeightError.self) {
            try start.load(.vae, on: recording) {
                try AutoencoderDecoder(AutoencoderConfig($0), $1)
            }
        }
    }
}
