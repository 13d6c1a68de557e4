import Tensors
import WireProtocol

extension JobSpecification {
    /// All fields, for the runner; `init(_:)` is its inverse.
    var json: JSONValue {
        var fields: [String: JSONValue] = [
            "input": .string(input), "output": .string(output), "start": start.json,
            "codec": .string(codec), "copies_sound": .bool(copiesSound),
            "writes_preview": .bool(writesPreview),
            "model": .string(model),
            "model_fingerprint": .array(modelFingerprint.map { .integer(Int($0)) }),
            "width": width.json, "height": height.json, "latent_scale": latentScale.json,
            "latent_channels": latentChannels.json, "content_channels": contentChannels.json,
            "seed": .string("\(seed)"), "steps": steps.json,
            "guidance": guidance.json, "temporal_guidance": temporalGuidance.json,
            "structure_level": structureLevel.json, "strength": strength.json,
            "eta": eta.json, "noise": noise.rawValue.json, "prior_steps": priorSteps.json,
            "prior_guidance": priorGuidance.json,
            "window": window.json, "overlap": overlap.json, "taper": taper.rawValue.json,
            "fuse_every": fuseEvery.json, "fuse_until": fuseUntil.json,
            "chunk_frames": chunkFrames.json,
        ]
        fields["duration"] = duration?.json
        fields["frame_rate"] = frameRate?.json
        fields["rate_factor"] = rateFactor?.json
        for (name, text) in [
            ("variant", variant), ("prompt", prompt), ("negative_prompt", negativePrompt),
            ("image", image), ("mask", mask),
        ] {
            fields[name] = text.map { .string($0) }
        }
        return .object(fields)
    }

    /// Reads what `json` writes.
    ///
    /// - Throws: `RunnerMessageError` if a field is missing or of another type.
    init(_ fields: JSONFields) throws(RunnerMessageError) {
        self.init()
        input = try fields.string("input")
        output = try fields.string("output")
        start = try fields.rational("start")
        duration = fields["duration"] == nil ? nil : try fields.rational("duration")
        frameRate = fields["frame_rate"] == nil ? nil : try fields.rational("frame_rate")
        codec = try fields.string("codec")
        rateFactor = fields["rate_factor"] == nil ? nil : try fields.integer("rate_factor")
        copiesSound = try fields.bool("copies_sound")
        writesPreview = try fields.bool("writes_preview")
        prompt = try fields.optionalString("prompt")
        negativePrompt = try fields.optionalString("negative_prompt")
        image = try fields.optionalString("image")
        mask = try fields.optionalString("mask")
        try readModel(fields)
        try readSampling(fields)
    }

    private mutating func readModel(_ fields: JSONFields) throws(RunnerMessageError) {
        model = try fields.string("model")
        let fingerprint = try fields.array("model_fingerprint")
        modelFingerprint = fingerprint.compactMap { value in
            guard case .integer(let number) = value else { return nil }
            return UInt8(exactly: number)
        }
        guard modelFingerprint.count == fingerprint.count else {
            throw fields.expected("model_fingerprint", "bytes")
        }
        variant = try fields.optionalString("variant")
        width = try fields.integer("width")
        height = try fields.integer("height")
        latentScale = try fields.integer("latent_scale")
        latentChannels = try fields.integer("latent_channels")
        contentChannels = try fields.integer("content_channels")
    }

    private mutating func readSampling(_ fields: JSONFields) throws(RunnerMessageError) {
        seed = try fields.largeInteger("seed")
        steps = try fields.integer("steps")
        guidance = try fields.number("guidance")
        temporalGuidance = try fields.number("temporal_guidance")
        structureLevel = try fields.integer("structure_level")
        strength = try fields.number("strength")
        eta = try fields.number("eta")
        guard let noise = Noise(rawValue: try fields.integer("noise")) else {
            throw fields.expected("noise", "the number of a kind of noise")
        }
        self.noise = noise
        priorSteps = try fields.integer("prior_steps")
        priorGuidance = try fields.number("prior_guidance")
        window = try fields.integer("window")
        overlap = try fields.integer("overlap")
        guard let taper = Taper(rawValue: try fields.integer("taper")) else {
            throw fields.expected("taper", "the number of a taper")
        }
        self.taper = taper
        fuseEvery = try fields.integer("fuse_every")
        fuseUntil = try fields.number("fuse_until")
        chunkFrames = try fields.integer("chunk_frames")
    }
}

extension Double {
    /// JSON has no infinities; the reader refuses what stands for one.
    fileprivate var json: JSONValue { isFinite ? .number(self) : .null }
}

extension UInt32 {
    fileprivate var json: JSONValue { .integer(Int(self)) }
}

extension WireRational {
    fileprivate var json: JSONValue {
        .array([.integer(Int(numerator)), .integer(Int(denominator))])
    }
}
