import CFFmpeg

/// What encodes a codec, and how its pictures are stored.
struct EncoderChoice: Hashable, Sendable {
    /// The libraries' names, the preferred first.
    let encoders: [String]
    let pixels: AVPixelFormat
    /// The name that the filters have for `pixels`.
    let pixelName: String
    let options: [String: String]
    /// Whether sides have to be even.
    let isEvenWidth: Bool
    let isEvenHeight: Bool

    init(_ codec: VideoSettings.Codec) {
        switch codec {
        case .h264:
            encoders = ["libx264", "libopenh264"]
            (pixels, pixelName) = (AV_PIX_FMT_YUV420P, "yuv420p")
            options = [:]
        case .hevc:
            encoders = ["libx265", "libkvazaar"]
            (pixels, pixelName) = (AV_PIX_FMT_YUV420P, "yuv420p")
            // It writes to the standard error on its own.
            options = ["x265-params": "log-level=none"]
        case .ffv1:
            encoders = ["ffv1"]
            (pixels, pixelName) = (AV_PIX_FMT_BGR0, "bgr0")
            options = ["level": "3", "slicecrc": "1"]
        case .prores:
            encoders = ["prores_ks"]
            (pixels, pixelName) = (AV_PIX_FMT_YUV422P10LE, "yuv422p10le")
            options = ["profile": "hq", "vendor": "apl0"]
        case .png:
            encoders = ["png"]
            (pixels, pixelName) = (AV_PIX_FMT_RGB24, "rgb24")
            options = [:]
        }
        isEvenHeight = pixels == AV_PIX_FMT_YUV420P
        isEvenWidth = isEvenHeight || pixels == AV_PIX_FMT_YUV422P10LE
    }

    /// Whether colours are stored as luma and chroma.
    var isLumaChroma: Bool { isEvenWidth }

    /// The first encoder that is installed.
    func find(for codec: VideoSettings.Codec, file: String)
        throws(FFmpegError) -> (codec: UnsafePointer<AVCodec>, name: String)
    {
        for name in encoders {
            if let codec = unsafe avcodec_find_encoder_by_name(name) {
                return unsafe (codec, name)
            }
        }
        let names = encoders.joined(separator: " or ")
        let reason = "no encoder for \(codec.rawValue): the installed libavcodec has no \(names)"
        throw FFmpegError(.invalid(reason: reason), operation: "write", file: file)
    }
}

extension VideoSettings.Codec {
    /// What the installed libavcodec lacks to write this, as a sentence; nil if it lacks nothing.
    package var missingEncoder: String? {
        do {
            _ = try unsafe EncoderChoice(self).find(for: self, file: "")
            return nil
        } catch {
            let names = EncoderChoice(self).encoders.joined(separator: " or ")
            return "no encoder for \(rawValue): the installed libavcodec has no \(names)"
        }
    }
}
