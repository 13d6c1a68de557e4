package import Diffusion
package import FFmpeg
package import WireProtocol

/// What a person chose about a job; nil is left to the defaults.
package struct JobSettings: Hashable, Sendable {
    package var input: String
    package var output: String
    package var prompt: String?
    package var negativePrompt: String?
    package var image: String?
    package var mask: String?

    package var start = Rational.zero
    package var duration: Rational?
    package var frameRate: Rational?
    package var size: PictureSize?

    package var seed: UInt64 = 0
    package var steps = 50
    package var guidance = 7.5
    /// Of the prior, which draws what a prompt stands for.
    package var priorGuidance = 4.0
    package var temporalGuidance = 1.0
    package var structureLevel = 0
    package var strength = 1.0
    package var eta = 0.0
    package var noise = JobSpecification.Noise.shuffled

    /// Frames of a window; nil is the model's longest, up to 16.
    package var window: Int?
    /// Frames that neighbours share at least; nil is half a window.
    package var overlap: Int?
    package var taper = JobSpecification.Taper.hann
    package var fusion = FusionInterval.every(1)
    package var fuseUntil = 0.6

    package var codec = "h264"
    package var rateFactor: Int?
    package var copiesSound = true
    package var writesPreview = false

    /// Encoders by the names that `--codec` takes.
    package static let codecs = ["h264", "hevc", "ffv1", "prores", "png"]
    /// t_s of the strongest blur.
    package static let structureLevelMax = 7

    /// - Parameters:
    ///   - input: Path of the clip.
    ///   - output: Path of the file, or for `png` of the folder, to make.
    package init(input: String, output: String) {
        self.input = input
        self.output = output
    }

    /// Everything a job depends on, with nothing left to defaults.
    ///
    /// - Parameters:
    ///   - clip: The input's shape; nil if the input is only on the coordinator's machine.
    ///   - model: The model's numbers.
    /// - Returns: A specification that workers can run if its files are what they seem.
    /// - Throws: `SettingsError` naming the option that cannot be.
    package func specification(
        of clip: ClipShape?,
        with model: ModelTraits
    ) throws(SettingsError) -> JobSpecification {
        try checkContent()
        try checkTimes(clip)
        try checkSampling()
        var job = JobSpecification()
        job.input = input
        job.output = output
        job.start = WireRational(start)
        job.duration = duration.map { WireRational($0) }
        job.frameRate = frameRate.map { WireRational($0) }
        job.codec = codec
        job.rateFactor = try checkedRateFactor()
        job.copiesSound = copiesSound
        job.writesPreview = writesPreview
        job.model = model.path
        job.modelFingerprint = model.fingerprint
        job.variant = model.variant
        let size = try resolvedSize(clip, model)
        job.width = UInt32(size.width)
        job.height = UInt32(size.height)
        job.latentScale = UInt32(model.latentScale)
        job.latentChannels = UInt32(model.latentChannels)
        job.contentChannels = UInt32(model.contentChannels)
        job.prompt = prompt
        job.negativePrompt = negativePrompt
        job.image = image
        job.mask = mask
        job.seed = seed
        job.steps = UInt32(steps)
        job.guidance = guidance
        job.priorGuidance = priorGuidance
        job.temporalGuidance = temporalGuidance
        job.structureLevel = UInt32(structureLevel)
        job.strength = strength
        job.eta = eta
        job.noise = noise
        try resolveWindows(&job, model)
        return job
    }

    private func checkContent() throws(SettingsError) {
        switch (prompt, image) {
        case (nil, nil):
            throw SettingsError(
                .usage,
                "--prompt or --image: one has to say what it shall look like"
            )
        case (.some, .some):
            throw SettingsError(.usage, "--prompt and --image: expected one of them, found both")
        case (.some(let text), nil):
            guard text.contains(where: { !$0.isWhitespace }) else {
                throw SettingsError(.usage, "--prompt: expected some words, found none")
            }
        case (nil, .some): break
        }
        for (option, text) in [("--prompt", prompt), ("--negative", negativePrompt)] {
            let bytes = text?.utf8.count ?? 0
            guard bytes <= WireLimits.textBytes else {
                throw SettingsError(
                    .usage,
                    "\(option): expected at most \(WireLimits.textBytes) bytes, found \(bytes)"
                )
            }
        }
    }

    private func checkTimes(_ clip: ClipShape?) throws(SettingsError) {
        if let duration, duration <= .zero {
            throw SettingsError(.usage, "--duration: expected more than 0 s, found \(duration)")
        }
        if let frameRate, frameRate <= .zero || frameRate > Rational(1000) {
            throw SettingsError(
                .usage,
                "--fps: expected more than 0 up to 1000, found \(frameRate)"
            )
        }
        guard let length = clip?.length else { return }
        guard start < length else {
            throw SettingsError(
                .badInput,
                "--start \(NumberText.fixed(start.double, 3)): \(input) ends after "
                    + "\(NumberText.fixed(length.double, 3)) s"
            )
        }
    }

    private func checkSampling() throws(SettingsError) {
        func check(_ isRight: Bool, _ option: String, _ expected: String, _ found: some Any)
            throws(SettingsError)
        {
            guard isRight else {
                throw SettingsError(.usage, "\(option): expected \(expected), found \(found)")
            }
        }
        try check((1...1000).contains(steps), "--steps", "1 to 1000", steps)
        try check(guidance.isFinite, "--guidance", "a number", guidance)
        try check(
            (-1000...1000).contains(priorGuidance),
            "--prior-guidance",
            "-1000 to 1000",
            priorGuidance
        )
        try check(temporalGuidance.isFinite, "--temporal-guidance", "a number", temporalGuidance)
        try check(
            (0...Self.structureLevelMax).contains(structureLevel),
            "--structure-level",
            "0 to \(Self.structureLevelMax)",
            structureLevel
        )
        try check(
            strength > 0 && strength <= 1,
            "--strength",
            "a share above 0 up to 1",
            strength
        )
        // As `DDIMSampler.firstStep` counts.
        try check(
            Int(Double(steps) * strength) > 0,
            "--strength",
            "one that leaves at least a step of \(steps)",
            strength
        )
        try check((0...1).contains(eta), "--eta", "0 to 1", eta)
        try check(
            Self.codecs.contains(codec),
            "--codec",
            Self.codecs.joined(separator: ", "),
            codec
        )
    }

    private func checkedRateFactor() throws(SettingsError) -> UInt32? {
        guard let rateFactor else { return nil }
        guard codec == "h264" || codec == "hevc" else {
            throw SettingsError(.usage, "--crf: \(codec) has no rate factor, h264 and hevc have")
        }
        guard (0...51).contains(rateFactor) else {
            throw SettingsError(.usage, "--crf: expected 0 to 51, found \(rateFactor)")
        }
        return UInt32(rateFactor)
    }

    private func resolvedSize(
        _ clip: ClipShape?,
        _ model: ModelTraits
    ) throws(SettingsError) -> PictureSize {
        let multiple = model.sizeMultiple
        guard let size else {
            guard let clip else {
                throw SettingsError(
                    .usage,
                    "--size: expected WxH, for \(input) is not on this machine to take its shape"
                )
            }
            return PictureSize(
                aspect: clip.aspect,
                area: model.nativeSide * model.nativeSide,
                multiple: multiple
            )
        }
        guard size.width % multiple == 0, size.height % multiple == 0 else {
            throw SettingsError(
                .usage,
                "--size: \(model.path) makes sides that are multiples of \(multiple), found \(size)"
            )
        }
        guard max(size.width, size.height) <= PictureSize.sideMax else {
            throw SettingsError(
                .usage,
                "--size: expected sides up to \(PictureSize.sideMax), found \(size)"
            )
        }
        return size
    }

    private func resolveWindows(
        _ job: inout JobSpecification,
        _ model: ModelTraits
    ) throws(SettingsError) {
        let window = window ?? min(16, model.framesMax)
        guard (1...model.framesMax).contains(window) else {
            throw SettingsError(
                .usage,
                "--window: the model has positions for 1 to \(model.framesMax) frames, found "
                    + "\(window)"
            )
        }
        let overlap = overlap ?? window / 2
        guard (0..<window).contains(overlap) else {
            throw SettingsError(
                .usage,
                "--overlap: expected 0 to \(window - 1), less than the window, found \(overlap)"
            )
        }
        guard noise != .lock || window > 1 else {
            throw SettingsError(.usage, "--noise lock: expected windows of at least 2 frames")
        }
        guard (0...1).contains(fuseUntil) else {
            throw SettingsError(.usage, "--fuse-until: expected a share 0 to 1, found \(fuseUntil)")
        }
        switch fusion {
        case .never: job.fuseEvery = 0
        case .every(let count):
            guard (1...1000).contains(count) else {
                throw SettingsError(
                    .usage,
                    "--fuse-every: expected 1 to 1000 steps or never, found \(count)"
                )
            }
            job.fuseEvery = UInt32(count)
        }
        job.window = UInt32(window)
        job.overlap = UInt32(overlap)
        job.taper = taper
        job.fuseUntil = fuseUntil
    }
}

extension WireRational {
    package init(_ value: Rational) {
        self.init(value.numerator, value.denominator)
    }
}
