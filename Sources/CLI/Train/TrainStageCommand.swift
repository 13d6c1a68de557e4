import ArgumentParser
import Coordinator
import Foundation
import Models
import Pipelines
import Tensors
import Training
import WireProtocol
import ZeroMQ

/// `weft train STAGE`: one stage's options and the shared ones, and a run.
struct TrainStageCommand<Stage: TrainingStage>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Stage.name,
            abstract: Stage.abstract,
            discussion: Stage.discussion + "\n\n" + Stage.defaults.sentence
        )
    }

    @OptionGroup(title: "Options of the stage") var stage: Stage
    @OptionGroup(title: "Options of all stages") var options: TrainOptions
    @OptionGroup(title: "Device") var device: TrainingDeviceOptions

    func run() throws {
        let settings = options.settings(Stage.defaults)
        let inputs = try options.inputs(Stage.defaults)
        if options.dryRun {
            try estimate(settings, inputs)
            return
        }
        outliveReaders()
        // Before anything is written.
        let backend = try device.makeBackend()
        // Taken over first: a signal while the model is read must not be lost.
        let signals = try SignalMonitor([.terminate, .interrupt, .user1])
        let run = try RunFolder(options.output)
        let folder = try options.startFolder { try run.freshModel($0, seed: options.seed) }
        let start = try StartingModel(folder, seed: options.seed)
        let fingerprint = try ModelFingerprint.of(start.folder) { Checksum.of($0) }
        let task = try makeTask(inputs, start, backend)
        var progress = TrainingProgress(settings.steps, isJSON: options.json)
        let clock = ContinuousClock()
        let begin = clock.now
        let loop = try TrainingLoop(
            task,
            settings: settings,
            knobs: options.binding(inputs, fingerprint: Self.hexadecimal(fingerprint))
                .merging(device.binding(on: backend)) { _, own in own }
                .merging(stage.knobs) { _, own in own },
            start: start.folder,
            run: run,
            skipsDamaged: options.skipDamaged,
            clock: { clock.now - begin },
            observe: { progress.show($0) }
        )
        var signal: Signal?
        let end = try loop.run {
            signal = signal ?? signals.take().first
            return signal != nil
        }
        progress.end(end, run: run.path)
        if case .stopped = end {
            let status = signal == .interrupt ? ExitStatus.interrupted : .temporary
            throw ExitCode(status.rawValue)
        }
    }

    /// Runs one micro-batch; a fresh model is made for it, and removed again.
    private func estimate(_ settings: TrainingSettings, _ inputs: TrainingInputs) throws {
        let scratch = FileManager.default.temporaryDirectory
            .appending(path: "weft-train-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let folder = try options.startFolder { sizes in
            _ = try FreshModel(sizes, seed: options.seed).write(to: scratch)
            return scratch
        }
        let start = try StartingModel(folder, seed: options.seed)
        let clock = ContinuousClock()
        let begin = clock.now
        let probe = try TrainingProbe(
            makeTask(inputs, start, device.makeBackend()),
            settings,
            clock: { clock.now - begin }
        )
        TrainingEstimate(probe: probe, settings: settings, inputs: inputs, stage: Stage.name)
            .print(isJSON: options.json)
    }

    private func makeTask(
        _ inputs: TrainingInputs,
        _ start: StartingModel,
        _ backend: any DifferentiableBackend
    ) throws -> any TrainingTask {
        try stage.makeTask(
            inputs: inputs,
            start: start,
            backend: backend,
            segments: options.recompute
        )
    }

    /// Enough of a fingerprint to tell two models apart.
    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0\(digits)" : digits
        }.joined()
    }
}

extension TrainOptions {
    /// The folder that the run starts from, which `make` makes of sizes.
    func startFolder(_ make: (FreshModel.Sizes) throws -> String) throws -> String {
        if let model { return try ModelChoice.folder(model) }
        guard let config else { preconditionFailure("the options were validated") }
        return try make(config)
    }
}
