import FFmpeg
package import Models
package import Tensors

/// Trains a task to its last step, or until somebody wants it to stop.
///
/// What the weights are after step n is a function of the starting model, the data and the
/// settings: not of where a run was interrupted, how often, or on how many threads it ran.
package final class TrainingLoop {
    package enum End: Hashable, Sendable {
        case finished
        /// All completed steps are in a checkpoint.
        case stopped(step: Int)
    }

    /// The draw of every validation: the same examples each time, which no step trains on.
    package static let validationStep = Int(UInt32.max)

    private let task: any TrainingTask
    private let settings: TrainingSettings
    /// All that decides about the weights, the stage's own knobs too.
    private let binding: [String: JSONValue]
    private let start: CheckpointFolder
    private let run: RunFolder
    private let clock: () -> Duration
    private let observe: (TrainingEvent) -> Void
    private let optimizer: Optimizer
    private let logs: RunLogs
    /// Completed steps.
    package private(set) var step: Int
    private var savedStep: Int

    /// Prepares a run, or the rest of one: the newest checkpoint in the folder is taken up.
    ///
    /// - Parameters:
    ///   - task: Loaded from `start`.
    ///   - settings: Of the loop.
    ///   - knobs: Further settings that decide about the weights, by the names of options.
    ///   - start: The model that the other components of checkpoints come from.
    ///   - run: Where everything is written.
    ///   - skipsDamaged: Whether a damaged checkpoint is set aside and the one before it taken up.
    ///   - clock: Any clock that goes steadily; only for reports.
    ///   - observe: Told what happens.
    /// - Throws: `TrainingError`, or what files and devices throw.
    package init(
        _ task: any TrainingTask,
        settings: TrainingSettings,
        knobs: [String: JSONValue],
        start: CheckpointFolder,
        run: RunFolder,
        skipsDamaged: Bool = false,
        clock: @escaping () -> Duration,
        observe: @escaping (TrainingEvent) -> Void
    ) throws {
        self.task = task
        self.settings = settings
        self.start = start
        self.run = run
        self.clock = clock
        self.observe = observe
        binding = settings.binding.merging(knobs) { _, _ in
            preconditionFailure("a stage has a knob that the loop has too")
        }
        optimizer = try Optimizer(task.recording, settings)
        let resumption = Resumption(
            run: run,
            stage: task.name,
            settings: binding,
            steps: settings.steps,
            skipsDamaged: skipsDamaged
        )
        step = try resumption.restore(optimizer, observe: observe)
        savedStep = step
        logs = try RunLogs(run, after: step)
        if step > 0 { observe(.resumed(step: step, checkpoint: run.shelf.path(step))) }
    }

    /// Goes on to the last step.
    ///
    /// - Parameter isStopping: Asked before each micro-batch; a step that is begun is then dropped,
    ///   the completed ones are saved.
    /// - Returns: Whether all steps are done.
    /// - Throws: `TrainingError` if a number is not finite, or what the task, files and devices
    ///   throw.
    package func run(isStopping: () -> Bool) throws -> End {
        while step < settings.steps {
            let begin = clock()
            guard let report = try takeStep(isStopping, since: begin) else {
                if step > savedStep { try save() }
                return .stopped(step: step)
            }
            try logs.append(report)
            observe(.step(report))
            let isLast = step == settings.steps
            if isLast || step % settings.validateEvery == 0 { try validate() }
            if isLast || step % settings.checkpointEvery == 0 { try save() }
        }
        return .finished
    }

    /// One step; nil if it was dropped.
    private func takeStep(_ isStopping: () -> Bool, since begin: Duration) throws -> StepReport? {
        var batches: [[Metric]] = []
        task.recording.clearGradients()
        for micro in 0..<settings.accumulation {
            guard !isStopping() else { return nil }
            let draw = Draw(seed: settings.seed, step: step, micro: micro)
            let metrics = try task.accumulate(draw)
            try check(metrics)
            batches.append(metrics)
        }
        guard let norm = optimizer.gradientNorm() else {
            throw TrainingError(.data("step \(step + 1): no parameter that trains has a gradient"))
        }
        // A device that failed says more than that the norm is no number.
        try task.recording.synchronize()
        try check([Metric("gradient_norm", norm)])
        optimizer.step(step, norm: norm)
        task.recording.clearGradients()
        let rate = settings.rate(at: step)
        step += 1
        return StepReport(
            step: step,
            metrics: Self.means(batches),
            learningRate: rate,
            gradientNorm: norm,
            duration: clock() - begin
        )
    }

    /// What is not finite ends the run before it reaches a weight.
    private func check(_ metrics: [Metric]) throws {
        guard let metric = metrics.first(where: { !$0.value.isFinite }) else { return }
        throw TrainingError(
            .notFinite(
                metric: metric.name,
                value: "\(metric.value)",
                step: step + 1,
                kept: savedStep > 0 ? run.shelf.path(savedStep) : nil
            )
        )
    }

    /// Each metric's mean over the micro-batches that have it, in the order of first appearance.
    static func means(_ batches: [[Metric]]) -> [Metric] {
        var names: [String] = []
        for metric in batches.joined() where !names.contains(metric.name) {
            names.append(metric.name)
        }
        return names.map { name in
            let values = batches.joined().filter { $0.name == name }.map(\.value)
            return Metric(name, values.reduce(0, +) / Double(values.count))
        }
    }

    private func validate() throws {
        let draw = Draw(seed: settings.seed, step: Self.validationStep)
        let (metrics, pictures) = try optimizer.withAverages {
            try task.recording.withoutRecording { try task.validate(draw) }
        }
        try check(metrics)
        try logs.appendValidation(step: step, metrics)
        if !pictures.isEmpty { try SystemFile.makeFolder(run("validation")) }
        for picture in pictures {
            let name = "validation/\(CheckpointShelf.name(step))-\(picture.name).png"
            let image = picture.image
            let frame = VideoFrame(
                time: .zero,
                width: image.width,
                height: image.height,
                pixels: image.pixels
            )
            try StillImage.writePNG(frame, to: run(name))
        }
        try logs.draw(title: task.name)
        observe(.validated(step: step, metrics: metrics))
    }

    private func save() throws {
        try logs.synchronize()
        try run.shelf.add(step) { folder in
            try TrainingCheckpoint(folder).write(
                optimizer,
                of: task,
                step: step,
                settings: binding,
                start: start
            )
        }
        savedStep = step
        try run.pointModel(at: step)
        try run.shelf.prune(keep: settings.keep, keepEvery: settings.keepEvery)
        try logs.draw(title: task.name)
        observe(.checkpoint(step: step, path: run.shelf.path(step)))
    }
}
