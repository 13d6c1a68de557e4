import CProtobuf
import Scheduling

extension WireRational {
    func message() -> Weft__V1__Rational {
        var message = unsafe Weft__V1__Rational()
        unsafe weft__v1__rational__init(&message)
        unsafe message.numerator = numerator
        unsafe message.denominator = denominator
        return unsafe message
    }

    init(_ message: Weft__V1__Rational) {
        self.init(unsafe message.numerator, unsafe message.denominator)
    }
}

extension JobSpecification {
    func message(_ scratch: CMessageScratch) -> Weft__V1__JobSpecification {
        var message = unsafe Weft__V1__JobSpecification()
        unsafe weft__v1__job_specification__init(&message)
        unsafe message.input = unsafe scratch.keep(input)
        unsafe message.output = unsafe scratch.keep(output)
        unsafe message.start = unsafe scratch.keep(start.message())
        if let duration { unsafe message.duration = unsafe scratch.keep(duration.message()) }
        if let frameRate { unsafe message.frame_rate = unsafe scratch.keep(frameRate.message()) }
        unsafe message.codec = unsafe scratch.keep(codec)
        if let rateFactor {
            unsafe message.optional_rate_factor_case =
                WEFT__V1__JOB_SPECIFICATION__OPTIONAL_RATE_FACTOR_RATE_FACTOR
            unsafe message.rate_factor = rateFactor
        }
        unsafe message.copies_sound = copiesSound ? 1 : 0
        unsafe message.writes_preview = writesPreview ? 1 : 0
        unsafe message.model = unsafe scratch.keep(model)
        unsafe message.model_fingerprint = unsafe scratch.keep(bytes: modelFingerprint)
        unsafe message.variant = unsafe scratch.keep(variant ?? "")
        unsafe message.width = width
        unsafe message.height = height
        unsafe message.latent_scale = latentScale
        unsafe message.latent_channels = latentChannels
        unsafe message.content_channels = contentChannels
        if let prompt {
            unsafe message.optional_prompt_case =
                WEFT__V1__JOB_SPECIFICATION__OPTIONAL_PROMPT_PROMPT
            unsafe message.prompt = unsafe scratch.keep(prompt)
        }
        if let negativePrompt {
            unsafe message.optional_negative_prompt_case =
                WEFT__V1__JOB_SPECIFICATION__OPTIONAL_NEGATIVE_PROMPT_NEGATIVE_PROMPT
            unsafe message.negative_prompt = unsafe scratch.keep(negativePrompt)
        }
        unsafe message.image = unsafe scratch.keep(image ?? "")
        unsafe message.mask = unsafe scratch.keep(mask ?? "")
        unsafe setSampling(&message)
        return unsafe message
    }

    private func setSampling(_ message: inout Weft__V1__JobSpecification) {
        unsafe message.seed = seed
        unsafe message.steps = steps
        unsafe message.guidance = guidance
        unsafe message.temporal_guidance = temporalGuidance
        unsafe message.structure_level = structureLevel
        unsafe message.strength = strength
        unsafe message.eta = eta
        unsafe message.noise = Weft__V1__Noise(rawValue: WireEnumerations.noise.number(noise))
        unsafe message.prior_steps = priorSteps
        unsafe message.prior_guidance = priorGuidance
        unsafe message.window = window
        unsafe message.overlap = overlap
        unsafe message.taper = Weft__V1__Taper(rawValue: WireEnumerations.taper.number(taper))
        unsafe message.fuse_every = fuseEvery
        unsafe message.fuse_until = fuseUntil
        unsafe message.chunk_frames = chunkFrames
    }

    init(_ message: Weft__V1__JobSpecification) throws(WireError) {
        self.init()
        input = try unsafe decodedText(message.input, "input path")
        output = try unsafe decodedText(message.output, "output path")
        start = try unsafe WireRational(decodedField(message.start, "start"))
        if let field = unsafe message.duration { duration = unsafe WireRational(field.pointee) }
        if let field = unsafe message.frame_rate { frameRate = unsafe WireRational(field.pointee) }
        codec = try unsafe decodedText(message.codec, "codec")
        if unsafe message.optional_rate_factor_case
            == WEFT__V1__JOB_SPECIFICATION__OPTIONAL_RATE_FACTOR_RATE_FACTOR
        {
            rateFactor = unsafe message.rate_factor
        }
        copiesSound = unsafe message.copies_sound != 0
        writesPreview = unsafe message.writes_preview != 0
        model = try unsafe decodedText(message.model, "model path")
        modelFingerprint = unsafe decodedBytes(message.model_fingerprint)
        variant = try unsafe decodedOptionalText(message.variant, "variant")
        width = unsafe message.width
        height = unsafe message.height
        latentScale = unsafe message.latent_scale
        latentChannels = unsafe message.latent_channels
        contentChannels = unsafe message.content_channels
        if unsafe message.optional_prompt_case
            == WEFT__V1__JOB_SPECIFICATION__OPTIONAL_PROMPT_PROMPT
        {
            prompt = try unsafe decodedText(message.prompt, "prompt")
        }
        if unsafe message.optional_negative_prompt_case
            == WEFT__V1__JOB_SPECIFICATION__OPTIONAL_NEGATIVE_PROMPT_NEGATIVE_PROMPT
        {
            negativePrompt = try unsafe decodedText(message.negative_prompt, "negative prompt")
        }
        image = try unsafe decodedOptionalText(message.image, "image path")
        mask = try unsafe decodedOptionalText(message.mask, "mask path")
        try unsafe readSampling(message)
    }

    private mutating func readSampling(_ message: Weft__V1__JobSpecification) throws(WireError) {
        seed = unsafe message.seed
        steps = unsafe message.steps
        guidance = unsafe message.guidance
        temporalGuidance = unsafe message.temporal_guidance
        structureLevel = unsafe message.structure_level
        strength = unsafe message.strength
        eta = unsafe message.eta
        noise = try unsafe WireEnumerations.noise.value(message.noise.rawValue)
        priorSteps = unsafe message.prior_steps
        priorGuidance = unsafe message.prior_guidance
        window = unsafe message.window
        overlap = unsafe message.overlap
        taper = try unsafe WireEnumerations.taper.value(message.taper.rawValue)
        fuseEvery = unsafe message.fuse_every
        fuseUntil = unsafe message.fuse_until
        chunkFrames = unsafe message.chunk_frames
    }
}

extension JobRequest {
    func message(_ scratch: CMessageScratch) -> Weft__V1__JobRequest {
        var message = unsafe Weft__V1__JobRequest()
        unsafe weft__v1__job_request__init(&message)
        unsafe message.idempotency_key = unsafe scratch.keep(idempotencyKey)
        unsafe message.name = unsafe scratch.keep(name)
        unsafe message.priority = Int32(priority)
        unsafe message.workers_max = UInt32(workersMax ?? 0)
        unsafe message.paused = isPaused ? 1 : 0
        return unsafe message
    }

    init(_ message: Weft__V1__JobRequest) throws(WireError) {
        let workersMax = unsafe Int(message.workers_max)
        self.init(
            idempotencyKey: try unsafe decodedText(message.idempotency_key, "idempotency key"),
            name: try unsafe decodedText(message.name, "name of the job"),
            priority: unsafe Int(message.priority),
            workersMax: workersMax > 0 ? workersMax : nil,
            isPaused: unsafe message.paused != 0
        )
    }
}

extension JobSpecification {
    /// The bytes as the ledger keeps them: the message of the definitions, without an envelope.
    package func encoded() -> [UInt8] {
        let scratch = CMessageScratch()
        var message = unsafe message(scratch)
        let count = unsafe weft__v1__job_specification__get_packed_size(&message)
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            initialized = unsafe weft__v1__job_specification__pack(&message, bytes.baseAddress)
        }
    }

    /// Reads what `encoded()` gives.
    ///
    /// - Parameter bytes: All of them.
    /// - Throws: `WireError` if they are no specification, or a value is outside its limits.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= WireLimits.envelopeBytes else {
            throw WireError(.tooLarge(bytes: bytes.count, limit: WireLimits.envelopeBytes))
        }
        let unpacked = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe weft__v1__job_specification__unpack(nil, buffer.count, buffer.baseAddress)
        }
        guard let message = unsafe unpacked else { throw WireError(.malformed) }
        defer { unsafe weft__v1__job_specification__free_unpacked(message, nil) }
        try unsafe self.init(message.pointee)
        try check()
    }
}
