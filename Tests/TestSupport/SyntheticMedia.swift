/// Small media files made byte by byte, so that tests need no tool and no download.
package enum SyntheticMedia {
    /// Grey pictures in YUV4MPEG2, each brighter than the one before.
    package static func y4m(
        width: Int,
        height: Int,
        frames: Int,
        rate: (Int, Int) = (25, 1),
        colourSpace: String = "420jpeg",
        pictureBytes: Int? = nil
    ) -> [UInt8] {
        let chroma = ((width + 1) / 2) * ((height + 1) / 2)
        let header = "YUV4MPEG2 W\(width) H\(height) F\(rate.0):\(rate.1) Ip A1:1 C\(colourSpace)\n"
        var file = Array(header.utf8)
        for frame in 0..<frames {
            file += Array("FRAME\n".utf8)
            let luma = UInt8(truncatingIfNeeded: 40 + frame)
            file += [UInt8](repeating: luma, count: pictureBytes ?? width * height)
            if pictureBytes == nil { file += [UInt8](repeating: 128, count: 2 * chroma) }
        }
        return file
    }

    /// A bright square that moves over a ramp, in YUV4MPEG2 with planes of 4:2:0.
    ///
    /// At frame `cut` the picture turns into its negative, which is a hard cut.
    package static func movingSquare(
        width: Int,
        height: Int,
        frames: Int,
        cut: Int? = nil,
        rate: (Int, Int) = (25, 1)
    ) -> [UInt8] {
        let header = "YUV4MPEG2 W\(width) H\(height) F\(rate.0):\(rate.1) Ip A1:1 C420jpeg\n"
        let chroma = ((width + 1) / 2) * ((height + 1) / 2)
        var file = Array(header.utf8)
        for frame in 0..<frames {
            file += Array("FRAME\n".utf8)
            let isNegative = frame >= cut ?? frames
            let left = frame % max(1, width - width / 3)
            for y in 0..<height {
                for x in 0..<width {
                    let isSquare =
                        (left..<left + width / 3).contains(x)
                        && (height / 3..<2 * height / 3).contains(y)
                    let value = isSquare ? 220 : 30 + 60 * x / width
                    file.append(UInt8(isNegative ? 255 - value : value))
                }
            }
            file += [UInt8](repeating: isNegative ? 90 : 150, count: chroma)
            file += [UInt8](repeating: 120, count: chroma)
        }
        return file
    }

    /// Silence in 16-bit PCM.
    package static func wav(samples: Int, sampleRate: Int = 8000) -> [UInt8] {
        func little(_ value: Int, _ bytes: Int) -> [UInt8] {
            (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let format =
            little(1, 2) + little(1, 2) + little(sampleRate, 4) + little(sampleRate * 2, 4)
            + little(2, 2) + little(16, 2)
        let data = [UInt8](repeating: 0, count: samples * 2)
        let body =
            Array("WAVEfmt ".utf8) + little(16, 4) + format + Array("data".utf8)
            + little(data.count, 4) + data
        return Array("RIFF".utf8) + little(body.count, 4) + body
    }

    /// Uncompressed RGB pictures in a QuickTime file, with chosen times and a chosen rotation.
    package static func movie(
        width: Int,
        height: Int,
        timescale: Int,
        frameTicks: [Int],
        quarterTurns: Int = 0,
        value: UInt8 = 90,
        colour: (primaries: Int, transfer: Int)? = nil
    ) -> [UInt8] {
        let picture = [UInt8](repeating: value, count: width * height * 3)
        let pictures = [UInt8](Array(repeating: picture, count: frameTicks.count).joined())
        let total = frameTicks.reduce(0, +)
        let start = box("ftyp", Array("qt  ".utf8) + big(0, 4) + Array("qt  ".utf8))
        let entry =
            [UInt8](repeating: 0, count: 6) + big(1, 2) + [UInt8](repeating: 0, count: 16)
            + big(width, 2) + big(height, 2) + big(0x48_0000, 4) + big(0x48_0000, 4) + big(0, 4)
            + big(1, 2) + [UInt8](repeating: 0, count: 32) + big(24, 2) + big(0xFFFF, 2)
            + (colour.map { box("colr", nclc($0.primaries, $0.transfer)) } ?? [])
        let times = frameTicks.flatMap { big(1, 4) + big($0, 4) }
        let table =
            box("stsd", big(0, 4) + big(1, 4) + box("raw ", entry))
            + box("stts", big(0, 4) + big(frameTicks.count, 4) + times)
            + box("stsc", big(0, 4) + big(1, 4) + big(1, 4) + big(frameTicks.count, 4) + big(1, 4))
            + box("stsz", big(0, 4) + big(picture.count, 4) + big(frameTicks.count, 4))
            + box("stco", big(0, 4) + big(1, 4) + big(start.count + 8, 4))
        let reference = box("dref", big(0, 4) + big(1, 4) + box("url ", big(1, 4)))
        let media =
            box("mdhd", big(0, 12) + big(timescale, 4) + big(total, 4) + big(0, 4))
            + box("hdlr", big(0, 4) + Array("mhlrvide".utf8) + big(0, 12) + [0])
            + box(
                "minf",
                box("vmhd", big(1, 4) + big(0, 8)) + box("dinf", reference) + box("stbl", table)
            )
        let track =
            box(
                "tkhd",
                big(7, 4) + big(0, 8) + big(1, 4) + big(0, 4) + big(total, 4) + big(0, 16)
                    + matrix(quarterTurns) + big(width << 16, 4) + big(height << 16, 4)
            ) + box("mdia", media)
        let header =
            big(0, 12) + big(timescale, 4) + big(total, 4) + big(0x1_0000, 4) + big(0x100, 2)
            + big(0, 10) + matrix(0) + big(0, 24) + big(2, 4)
        let movie = box("moov", box("mvhd", header) + box("trak", track))
        return start + box("mdat", pictures) + movie
    }

    /// What colours mean, of pixels that are red, green and blue as they are.
    private static func nclc(_ primaries: Int, _ transfer: Int) -> [UInt8] {
        Array("nclc".utf8) + big(primaries, 2) + big(transfer, 2) + big(0, 2)
    }

    /// The transformation that turns a picture clockwise.
    private static func matrix(_ quarterTurns: Int) -> [UInt8] {
        let one = 1 << 16
        let turns = [
            [one, 0, 0, one], [0, one, -one, 0], [-one, 0, 0, -one], [0, -one, one, 0],
        ]
        let t = turns[quarterTurns % 4]
        return big(t[0], 4) + big(t[1], 4) + big(0, 4) + big(t[2], 4) + big(t[3], 4) + big(0, 12)
            + big(1 << 30, 4)
    }

    private static func box(_ name: String, _ body: [UInt8]) -> [UInt8] {
        big(body.count + 8, 4) + Array(name.utf8) + body
    }

    private static func big(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
    }
}
