import ArgumentParser
import Models

struct ModelWidenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "widen",
        abstract: "Copy a gen1 model with more latent channels, to train it on.",
        discussion: """
            weft model widen my-model --latent-channels 8 -o wider-model
            weft train vae --model wider-model --output runs/vae

            The autoencoder and the video UNet get more latent channels, and at first the model \
            makes what it made before. All else is carried along, weights in the precision they \
            have; the state of a training stays behind. The copy is checked as weft model check \
            does before it has its name.
            """
    )

    @OptionGroup var folder: ModelFolderOptions

    @Option(help: "How many it shall have: more than it has, up to 256.")
    var latentChannels: Int

    @Option(
        name: .shortAndLong,
        help: "The folder to make; one that is there is not overwritten.",
        completion: .directory
    )
    var output: String

    @Option(help: "Of the encoder's starting values for the new channels.")
    var seed: UInt64 = 0

    func run() async throws {
        let widening = try ModelWidening(
            try CheckpointFolder.open(folder.path),
            variant: folder.variant,
            to: latentChannels,
            seed: seed
        )
        let parts = try widening.packer.writeChecked(to: output)
        print("latent channels: \(widening.oldChannels) to \(widening.channels)")
        for part in parts { print(part.text) }
    }
}
