/// Smooth noise in the plane and in space: a number for each point of a lattice, by a hash, and
/// between them quintic blends, so that the gradient is smooth, too.
package struct LatticeNoise: Hashable, Sendable {
    package let seed: UInt32

    package init(seed: UInt32) {
        self.seed = seed
    }

    /// In [-1, 1), the same for the same cell everywhere.
    @inline(__always)
    package func cell(_ x: Int32, _ y: Int32, _ z: Int32 = 0) -> Float {
        corner(
            UInt32(bitPattern: x) &* Self.strideX ^ UInt32(bitPattern: y) &* Self.strideY
                ^ UInt32(bitPattern: z) &* Self.strideZ
        )
    }

    /// The value in (-1, 1) and the derivatives by x and y.
    @inline(__always)
    package func callAsFunction(_ x: Float, _ y: Float) -> Vector {
        let (cellX, cellY) = (floorInteger(x), floorInteger(y))
        let (blendX, slopeX) = Self.blend(x - Float(cellX))
        let (blendY, slopeY) = Self.blend(y - Float(cellY))
        let x0 = UInt32(bitPattern: cellX) &* Self.strideX
        let y0 = UInt32(bitPattern: cellY) &* Self.strideY
        let (x1, y1) = (x0 &+ Self.strideX, y0 &+ Self.strideY)
        let a = corner(x0 ^ y0)
        let b = corner(x1 ^ y0) - a
        let c = corner(x0 ^ y1) - a
        let d = corner(x1 ^ y1) - a - b - c
        return Vector(
            a + b * blendX + c * blendY + d * blendX * blendY,
            slopeX * (b + d * blendY),
            slopeY * (c + d * blendX)
        )
    }

    /// The gradient, and in `w` the value in (-1, 1).
    @inline(__always)
    package func callAsFunction(_ p: Vector) -> SIMD4<Float> {
        let (cellX, cellY, cellZ) = (floorInteger(p.x), floorInteger(p.y), floorInteger(p.z))
        let (u, du) = Self.blend(p.x - Float(cellX))
        let (v, dv) = Self.blend(p.y - Float(cellY))
        let (w, dw) = Self.blend(p.z - Float(cellZ))
        let x0 = UInt32(bitPattern: cellX) &* Self.strideX
        let y0 = UInt32(bitPattern: cellY) &* Self.strideY
        let z0 = UInt32(bitPattern: cellZ) &* Self.strideZ
        let (x1, y1, z1) = (x0 &+ Self.strideX, y0 &+ Self.strideY, z0 &+ Self.strideZ)
        let a = corner(x0 ^ y0 ^ z0)
        let b = corner(x1 ^ y0 ^ z0)
        let c = corner(x0 ^ y1 ^ z0)
        let d = corner(x1 ^ y1 ^ z0)
        let e = corner(x0 ^ y0 ^ z1)
        let f = corner(x1 ^ y0 ^ z1)
        let g = corner(x0 ^ y1 ^ z1)
        let h = corner(x1 ^ y1 ^ z1)
        let (kx, ky, kz) = (b - a, c - a, e - a)
        let (kxy, kyz, kzx) = (a - b - c + d, a - c - e + g, a - b - e + f)
        let kxyz = b + c - d + e - f - g + h - a
        return SIMD4(
            du * (kx + kxy * v + kzx * w + kxyz * v * w),
            dv * (ky + kyz * w + kxy * u + kxyz * w * u),
            dw * (kz + kzx * u + kyz * v + kxyz * u * v),
            a + kx * u + ky * v + kz * w + kxy * u * v + kyz * v * w + kzx * w * u
                + kxyz * u * v * w
        )
    }

    /// Octaves from lattice spacing 1 downwards, each at half the spacing and `gain` the height.
    ///
    /// An octave fades out where its spacing comes near `footprint`, the size of a pixel: what a
    /// picture cannot hold is not in it.
    @inline(__always)
    package func octaves(
        _ x: Float,
        _ y: Float,
        count: Int,
        gain: Float = 0.5,
        footprint: Float
    ) -> Vector {
        var sum = Vector.zero
        var frequency: Float = 1
        var height: Float = 1
        for octave in 0..<count {
            let visible = Self.visibility(spacing: 1, footprint: footprint * frequency)
            guard visible > 0 else { break }
            let offset = Float(octave) * 17.31
            let noise = self(x * frequency + offset, y * frequency - offset)
            let scale = height * visible
            sum += Vector(scale, scale * frequency, scale * frequency) * noise
            frequency *= 2
            height *= gain
        }
        return sum
    }

    /// The same in space.
    @inline(__always)
    package func octaves(
        _ p: Vector,
        count: Int,
        gain: Float = 0.5,
        footprint: Float
    ) -> SIMD4<Float> {
        var sum = SIMD4<Float>.zero
        var frequency: Float = 1
        var height: Float = 1
        for octave in 0..<count {
            let visible = Self.visibility(spacing: 1, footprint: footprint * frequency)
            guard visible > 0 else { break }
            let noise = self(p * frequency + Float(octave) * 17.31)
            let scale = height * visible
            let slope = scale * frequency
            sum += SIMD4(slope, slope, slope, scale) * noise
            frequency *= 2
            height *= gain
        }
        return sum
    }

    /// How much is left of a pattern of that spacing in pixels of that size: all from two pixels
    /// on, nothing below one.
    @inline(__always)
    static func visibility(spacing: Float, footprint: Float) -> Float {
        clamped(spacing / footprint - 1)
    }

    private static let strideX: UInt32 = 0x9E37_79B1
    private static let strideY: UInt32 = 0x85EB_CA77
    private static let strideZ: UInt32 = 0xC2B2_AE3D

    @inline(__always)
    private func corner(_ key: UInt32) -> Float {
        var hash = key ^ seed
        hash ^= hash >> 16
        hash = hash &* 0x7FEB_352D
        hash ^= hash >> 15
        hash = hash &* 0x846C_A68B
        hash ^= hash >> 16
        return Float(Int32(bitPattern: hash)) * 0x1p-31
    }

    @inline(__always)
    private static func blend(_ t: Float) -> (weight: Float, slope: Float) {
        (t * t * t * (t * (t * 6 - 15) + 10), 30 * t * t * (t * (t - 2) + 1))
    }
}
