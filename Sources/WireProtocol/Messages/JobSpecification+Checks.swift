extension JobSpecification {
    /// Names of the codecs an output may have.
    package static let codecs = ["h264", "hevc", "ffv1", "prores", "png"]

    /// Checks every value, as the coordinator does before it takes the job.
    ///
    /// - Throws: `WireError` that names the first value outside its limits.
    package func check() throws(WireError) {
        try checkMedia()
        try checkModel()
        try checkContent()
        try checkSampling()
        try checkWindows()
    }

    private func checkMedia() throws(WireError) {
        try Self.checkPath(input, "input path")
        try Self.checkPath(output, "output path")
        try start.check("start")
        try WireError.require(start.numerator >= 0, "start", "it is negative")
        try duration?.check("duration")
        try frameRate?.check("frame rate")
        try WireError.require(duration?.numerator ?? 1 > 0, "duration", "it is not above 0")
        if let frameRate {
            let rate = Double(frameRate.numerator) / Double(frameRate.denominator)
            try WireError.require(
                rate > 0 && rate <= 1000,
                "frame rate",
                "\(rate) frames a second, expected more than 0 and at most 1000"
            )
        }
        try WireError.require(
            Self.codecs.contains(codec),
            "codec",
            "\(codec.clipped(to: 64)), expected one of \(Self.codecs.joined(separator: ", "))"
        )
        if let rateFactor { try WireError.check(rateFactor, "rate factor", 0...63) }
    }

    private func checkModel() throws(WireError) {
        // The name of a model that comes with the program, or a path.
        if model.utf8.contains(UInt8(ascii: "/")) || model.isEmpty {
            try Self.checkPath(model, "model path")
        } else {
            try WireError.check(model, "model path", minimum: 1, limit: WireLimits.nameBytes)
            try WireError.require(
                model != "." && model != "..",
                "model path",
                "it is neither absolute nor the name of a model"
            )
        }
        try WireError.check(
            modelFingerprint,
            "model fingerprint",
            count: WireLimits.fingerprintBytes
        )
        if let variant {
            try WireError.check(variant, "variant", minimum: 1, limit: WireLimits.nameBytes)
        }
        try WireError.check(latentScale, "latent scale", 1...64)
        try WireError.check(latentChannels, "latent channels", 1...256)
        try WireError.check(contentChannels, "content channels", 1...65_536)
        for (side, name) in [(width, "width"), (height, "height")] {
            try WireError.check(side, name, 1...WireLimits.sidePixels)
            try WireError.require(
                side.isMultiple(of: latentScale),
                name,
                "\(side) is not a multiple of \(latentScale)"
            )
        }
    }

    private func checkContent() throws(WireError) {
        try WireError.require(
            prompt != nil || image != nil,
            "content",
            "neither a prompt nor an image"
        )
        for (text, name) in [(prompt, "prompt"), (negativePrompt, "negative prompt")] {
            guard let text else { continue }
            try WireError.check(text, name, limit: WireLimits.promptBytes)
        }
        if let image { try Self.checkPath(image, "image path") }
        if let mask { try Self.checkPath(mask, "mask path") }
    }

    private func checkSampling() throws(WireError) {
        try WireError.check(steps, "steps", 1...WireLimits.steps)
        try WireError.check(priorSteps, "prior steps", 1...WireLimits.steps)
        try WireError.check(structureLevel, "structure level", 0...7)
        try WireError.check(guidance, "guidance", -1000...1000)
        try WireError.check(temporalGuidance, "temporal guidance", -1000...1000)
        try WireError.check(priorGuidance, "prior guidance", -1000...1000)
        try WireError.check(strength, "strength", 0...1)
        try WireError.check(eta, "eta", 0...1)
    }

    private func checkWindows() throws(WireError) {
        try WireError.check(window, "window", 1...4096)
        try WireError.check(overlap, "overlap", 0...(Int(window) - 1))
        try WireError.check(fuseEvery, "fuse-every", 0...WireLimits.steps)
        try WireError.check(fuseUntil, "fuse-until", 0...1)
        try WireError.check(chunkFrames, "frames of a chunk", 1...4096)
    }

    private static func checkPath(_ path: String, _ field: String) throws(WireError) {
        try WireError.check(path, field, minimum: 1, limit: WireLimits.pathBytes)
        try WireError.require(path.utf8.first == UInt8(ascii: "/"), field, "it is not absolute")
    }
}

extension WireRational {
    /// Seconds and rates stay far from what exact arithmetic cannot hold.
    func check(_ field: String) throws(WireError) {
        try WireError.check(numerator, "\(field)'s numerator", -(1 << 53)...(1 << 53))
        try WireError.check(denominator, "\(field)'s denominator", 1...(1 << 53))
    }
}
