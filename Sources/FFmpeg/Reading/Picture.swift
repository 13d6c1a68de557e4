import CFFmpeg

/// A decoded or filtered picture; its memory is the library's and counted by it.
@safe final class Picture {
    let frame: UnsafeMutablePointer<AVFrame>
    /// What makes an ordinary picture of it, if it is of high dynamic range.
    var toneMap: ToneMap?

    init() {
        guard let frame = unsafe av_frame_alloc() else { fatalError("out of memory") }
        unsafe self.frame = frame
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
        unsafe av_frame_free(&frame)
    }

    var width: Int { unsafe Int(frame.pointee.width) }
    var height: Int { unsafe Int(frame.pointee.height) }
    var isKey: Bool { unsafe weft_av_is_key(frame) != 0 }
    var isInterlaced: Bool { unsafe weft_av_is_interlaced(frame) != 0 }
    /// Whether the decoder made up parts of it.
    var isConcealed: Bool {
        unsafe frame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0
            || frame.pointee.decode_error_flags != 0
    }

    /// The value of a tag that a decoder or filter attached.
    func tag(_ name: String) -> String? {
        guard let entry = unsafe av_dict_get(frame.pointee.metadata, name, nil, 0) else {
            return nil
        }
        return unsafe String(cString: entry.pointee.value)
    }

    /// The bytes of an RGB picture, row by row.
    func rgb() -> [UInt8] {
        if let toneMap, unsafe frame.pointee.format == AV_PIX_FMT_RGB48LE.rawValue {
            return mapped(by: toneMap)
        }
        let (rowBytes, rows) = (width * 3, height)
        precondition(unsafe frame.pointee.format == AV_PIX_FMT_RGB24.rawValue, "not in RGB")
        guard let source = unsafe frame.pointee.data.0 else {
            preconditionFailure("a picture without bytes")
        }
        let stride = unsafe Int(frame.pointee.linesize.0)
        return unsafe [UInt8](unsafeUninitializedCapacity: rowBytes * rows) { target, count in
            for row in 0..<rows {
                unsafe target.baseAddress?.advanced(by: row * rowBytes)
                    .update(from: source + row * stride, count: rowBytes)
            }
            count = rowBytes * rows
        }
    }

    private func mapped(by toneMap: ToneMap) -> [UInt8] {
        guard let source = unsafe frame.pointee.data.0 else {
            preconditionFailure("a picture without bytes")
        }
        let stride = unsafe Int(frame.pointee.linesize.0)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for row in 0..<height {
            for column in 0..<width {
                func component(_ index: Int) -> UInt16 {
                    let place = row * stride + column * 6 + 2 * index
                    return unsafe UInt16(source[place]) | UInt16(source[place + 1]) << 8
                }
                let (red, green, blue) = toneMap.map(component(0), component(1), component(2))
                pixels += [red, green, blue]
            }
        }
        return pixels
    }
}
