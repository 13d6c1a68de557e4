import CFFmpeg

/// How a stored picture is turned to be upright: transposed or not, then mirrored.
struct PictureOrientation: Hashable, Sendable {
    /// Rows become columns.
    private(set) var isTransposed = false
    /// Left and right change places, after the transposition.
    private(set) var isMirrored = false
    /// Top and bottom change places, after the transposition.
    private(set) var isFlipped = false

    static let upright = PictureOrientation()

    private init() {}

    /// The orientation nearest to a matrix `x' = a x + c y, y' = b x + d y`; a matrix that turns by
    /// odd angles is taken for the nearest quarter turn.
    init(a: Int32, b: Int32, c: Int32, d: Int32) {
        let straight = UInt64(a.magnitude) + UInt64(d.magnitude)
        let crossed = UInt64(b.magnitude) + UInt64(c.magnitude)
        isTransposed = crossed > straight
        isMirrored = (isTransposed ? c : a) < 0
        isFlipped = (isTransposed ? b : d) < 0
    }

    /// The orientation of a stream as its container says.
    init(_ stream: UnsafePointer<AVStream>) {
        var matrix: [Int32] = [0, 0, 0, 0]
        unsafe weft_av_stream_matrix(stream, &matrix)
        self.init(a: matrix[0], b: matrix[1], c: matrix[2], d: matrix[3])
    }

    /// The orientation that a photograph's tag says, 1 to 8; upright for other numbers.
    init(exif tag: Int) {
        switch tag {
        case 2: self.init(a: -1, b: 0, c: 0, d: 1)
        case 3: self.init(a: -1, b: 0, c: 0, d: -1)
        case 4: self.init(a: 1, b: 0, c: 0, d: -1)
        case 5: self.init(a: 0, b: 1, c: 1, d: 0)
        case 6: self.init(a: 0, b: 1, c: -1, d: 0)
        case 7: self.init(a: 0, b: -1, c: -1, d: 0)
        case 8: self.init(a: 0, b: -1, c: 1, d: 0)
        default: self.init()
        }
    }

    /// Quarter turns clockwise, mirroring aside.
    var clockwiseDegrees: Int {
        if isTransposed { isFlipped ? 270 : 90 } else { isMirrored ? 180 : 0 }
    }

    /// The filters that carry it out, in order.
    var filters: [String] {
        (isTransposed ? ["transpose=dir=cclock_flip"] : []) + (isMirrored ? ["hflip"] : [])
            + (isFlipped ? ["vflip"] : [])
    }
}
