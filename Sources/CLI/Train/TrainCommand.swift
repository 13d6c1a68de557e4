import ArgumentParser

/// `weft train`: the paper's stages, each a subcommand.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a part of a model.",
        discussion: """
            A run is a folder: checkpoints, which are model folders that render uses as they are, \
            logs and pictures. The same command with the same folder continues where the newest \
            checkpoint was written, to the bit as if it had not been interrupted.

            SIGTERM, SIGUSR1 and Ctrl-C finish the micro-batch, write a checkpoint and end with \
            status 75 (Ctrl-C: 130): a Slurm job that is requeued continues by itself.
            """,
        subcommands: [
            TrainStageCommand<AutoencoderStage>.self,
            TrainStageCommand<ContrastiveStage>.self,
            TrainStageCommand<DepthStage>.self,
            TrainStageCommand<PriorStage>.self,
            TrainStageCommand<Gen1Stage>.self,
            TrainStageCommand<CustomizeStage>.self,
        ]
    )
}
