import CFFmpeg

/// What a filter graph has to know of the pictures that go in; pictures with other properties need
/// a new graph.
struct PictureFormat: Hashable, Sendable {
    let width: Int
    let height: Int
    let pixels: AVPixelFormat
    /// How the components were made from red, green and blue.
    let matrix: AVColorSpace
    let range: AVColorRange
    /// How light is said, where that is not as in ordinary pictures.
    let transfer: ToneMap.Transfer?
    /// Whether the primaries are BT.2020's.
    let isWide: Bool
    /// Where halved chroma lies, in 256ths of a pixel; nil where it is not halved.
    let chromaX: Int?
    let chromaY: Int?

    /// The properties of a decoded picture, where those that it leaves open are decided.
    ///
    /// * Matrix: BT.709 from 720 lines or 1280 columns on, BT.601 below, as players decide.
    /// * Range: full for pictures of the JPEG kind and for grey, limited for the others.
    /// * Place of halved chroma: on the left columns between the rows, as in MPEG-2 and after; in
    ///   the middle for pictures of the JPEG kind.
    init(_ picture: Picture) {
        let frame = unsafe picture.frame.pointee
        width = unsafe Int(frame.width)
        height = unsafe Int(frame.height)
        pixels = unsafe AVPixelFormat(frame.format)
        let said = unsafe frame.colorspace
        matrix =
            Self.names[said.rawValue] != nil || said == AVCOL_SPC_RGB
            ? said : Self.usualMatrix(width: width, height: height)
        let name = unsafe av_get_pix_fmt_name(pixels).map { unsafe String(cString: $0) } ?? ""
        let isFull = name.hasPrefix("yuvj") || name.hasPrefix("gray")
        let range = unsafe frame.color_range
        if range == AVCOL_RANGE_UNSPECIFIED {
            self.range = isFull ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
        } else {
            self.range = range
        }
        switch unsafe frame.color_trc {
        case AVCOL_TRC_SMPTE2084: transfer = .pq
        case AVCOL_TRC_ARIB_STD_B67: transfer = .hlg
        default: transfer = nil
        }
        isWide = unsafe frame.color_primaries == AVCOL_PRI_BT2020
        let place = unsafe frame.chroma_location
        let isMiddle = place == AVCHROMA_LOC_CENTER || place == AVCHROMA_LOC_TOP
        let isUsual = place == AVCHROMA_LOC_UNSPECIFIED
        let isTop = place == AVCHROMA_LOC_TOPLEFT || place == AVCHROMA_LOC_TOP
        let kind = unsafe av_pix_fmt_desc_get(pixels)
        let isHalfWidth = unsafe kind?.pointee.log2_chroma_w == 1
        let isHalfHeight = unsafe kind?.pointee.log2_chroma_h == 1
        let x = isMiddle || isUsual && name.hasPrefix("yuvj") ? 128 : 0
        chromaX = isHalfWidth ? x : nil
        chromaY = isHalfHeight ? (isTop ? 0 : 128) : nil
    }

    /// RGB frames.
    init(rgbWidth width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = AV_PIX_FMT_RGB24
        matrix = AVCOL_SPC_RGB
        range = AVCOL_RANGE_JPEG
        transfer = nil
        isWide = false
        chromaX = nil
        chromaY = nil
    }

    /// The matrix of pictures that do not say theirs.
    static func usualMatrix(width: Int, height: Int) -> AVColorSpace {
        width >= 1280 || height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M
    }

    /// The names that the scaler has for matrices.
    private static let names: [AVColorSpace.RawValue: String] = [
        AVCOL_SPC_BT709.rawValue: "bt709", AVCOL_SPC_FCC.rawValue: "fcc",
        AVCOL_SPC_BT470BG.rawValue: "bt470", AVCOL_SPC_SMPTE170M.rawValue: "smpte170m",
        AVCOL_SPC_SMPTE240M.rawValue: "smpte240m", AVCOL_SPC_BT2020_NCL.rawValue: "bt2020",
        AVCOL_SPC_BT2020_CL.rawValue: "bt2020",
    ]

    /// Options of the source of a graph, one tick a picture.
    var sourceOptions: String {
        let size = "video_size=\(width)x\(height):pix_fmt=\(pixels.rawValue)"
        let colour =
            weft_av_source_has_colour() != 0
            ? ":colorspace=\(matrix.rawValue):range=\(range.rawValue)" : ""
        return "\(size):time_base=1/1:pixel_aspect=1/1\(colour)"
    }

    /// The filters that make an upright RGB picture of a size, exact and the same on all machines.
    ///
    /// Of pictures with alpha the colours are taken as they are stored. Those of high dynamic range
    /// come out in 16 bits, for `ToneMap`, unless `keepsSignal`.
    func chain(
        width: Int,
        height: Int,
        orientation: PictureOrientation,
        isInterlaced: Bool,
        keepsSignal: Bool = false
    ) -> String {
        let range = range == AVCOL_RANGE_JPEG ? "full" : "limited"
        var scale = "scale=w=\(width):h=\(height):in_range=\(range)"
        if let name = Self.names[matrix.rawValue] { scale += ":in_color_matrix=\(name)" }
        if let chromaX { scale += ":in_h_chr_pos=\(chromaX)" }
        if let chromaY { scale += ":in_v_chr_pos=\(chromaY)" }
        scale += ":flags=\(Self.scalerFlags)"
        let fields = isInterlaced ? ["bwdif=mode=send_frame:parity=auto:deint=interlaced"] : []
        let pixels = transfer == nil || keepsSignal ? "rgb24" : "rgb48le"
        return (fields + orientation.filters + [scale, "format=pix_fmts=\(pixels)"])
            .joined(separator: ",")
    }

    static let scalerFlags =
        "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
}
