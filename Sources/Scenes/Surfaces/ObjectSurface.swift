/// An object's surface, textured in the object's own coordinates, where its size is 1.
struct ObjectSurface: Sendable {
    private let finish: SceneFinish
    private let shape: SceneShape
    private let colour: Vector
    private let noise: LatticeNoise
    private let roughness: Float
    private let scale: Float
    /// One pixel in the world is so much of the object's own measure.
    private let measure: Float

    init(_ object: SceneObject, seed: UInt64) {
        // Bits of the variation pick the draw, so that equal objects may differ.
        var random = SceneRandom(
            seed: (object.origin ?? seed) ^ UInt64(object.variation) << 16,
            .surfaces,
            index: 1
        )
        finish = object.finish
        shape = object.shape
        noise = LatticeNoise(seed: random.word())
        let brightness = random.number(0.85, 1.12)
        let tint = Vector(random.number(0.94, 1.06), random.number(0.94, 1.06), 1)
        colour = object.colour.albedo * tint * brightness
        roughness = random.unit()
        scale = random.number(0.8, 1.3)
        measure = 1 / object.size
    }

    /// Its colour without texture.
    var mean: Vector { colour }

    /// The surface at a point; its bump is in the object's own directions.
    ///
    /// - Parameters:
    ///   - point: In the object's own coordinates.
    ///   - footprint: Size of a pixel there, in the world.
    /// - Returns: Its colour and relief.
    @inline(__always)
    func sample(_ point: Vector, footprint: Float) -> SurfaceSample {
        let p = point * scale
        let width = footprint * measure * scale
        return features(point, footprint * measure, on: plain(p, width))
    }

    @inline(__always)
    private func plain(_ p: Vector, _ width: Float) -> SurfaceSample {
        switch finish {
        case .plastic:
            return SurfaceSample(
                albedo: colour,
                roughness: 0.16 + 0.25 * roughness,
                reflectance: 0.045
            )
        case .metal:
            let scratch = noise.octaves(
                Vector(p.x * 3, p.y * 3, p.z * 16),
                count: 2,
                footprint: width * 9
            )
            // Hammered a little, so that flat sides mirror more than one spot.
            let dent = noise.octaves(p * 2.2, count: 1, footprint: width * 2.2)
            // Metal shines in its colour; the darkest of all would be a hole.
            return SurfaceSample(
                albedo: (colour * 0.85 + 0.06) * (1 + 0.16 * scratch.w),
                bump: Vector(dent.x, dent.y, dent.z) * -0.05,
                roughness: 0.2 + 0.2 * roughness,
                reflectance: 1,
                isMetal: true
            )
        case .stone: return stone(p, width)
        case .wood: return wood(p, width)
        case .clay:
            let lump = noise.octaves(p * 2.5, count: 3, footprint: width * 2.5)
            return SurfaceSample(
                albedo: colour * (1 + 0.08 * lump.w),
                bump: Vector(lump.x, lump.y, lump.z) * -0.05,
                roughness: 0.75,
                reflectance: 0.025
            )
        case .wool: return wool(p, width)
        }
    }

    /// Eyes, noses and beaks.
    @inline(__always)
    private func features(
        _ p: Vector,
        _ width: Float,
        on sample: SurfaceSample
    ) -> SurfaceSample {
        let eye: Vector
        switch shape {
        case .rabbit: eye = Vector(0.55, 0.17, 0.17)
        case .duck: eye = Vector(0.51, 0.18, 0.4)
        case .bear: eye = Vector(0.38, 0.14, 0.42)
        default: return sample
        }
        var result = sample
        let soft = max(width, 0.01)
        func paint(_ colour: Vector, _ roughness: Float, where inside: Float) {
            let share = smoothStep(-soft, soft, inside)
            guard share > 0 else { return }
            result.albedo = mix(result.albedo, colour, share)
            result.roughness = mix(result.roughness, roughness, share)
            result.reflectance = mix(result.reflectance, 0.05, share)
            result.isMetal = result.isMetal && share < 0.5
            result.sheen *= 1 - share
        }
        if shape == .duck {
            paint(Vector(0.8, 0.27, 0.03), 0.35, where: min(p.x - 0.585, 0.34 - p.z))
        }
        if shape == .bear {
            paint(Vector(repeating: 0.02), 0.3, where: 0.068 - length(p - Vector(0.51, 0, 0.27)))
        }
        let mirrored = Vector(p.x, p.y.magnitude, p.z)
        paint(Vector(repeating: 0.012), 0.15, where: 0.074 - length(mirrored - eye))
        return result
    }

    private func stone(_ p: Vector, _ width: Float) -> SurfaceSample {
        let coarse = noise.octaves(p * 3.2, count: 4, gain: 0.62, footprint: width * 3.2)
        let specks = noise.octaves(p * 17, count: 1, footprint: width * 17).w
        let tone = 0.82 + 0.38 * coarse.w + 0.3 * specks
        return SurfaceSample(
            albedo: mix(colour, Vector(repeating: 0.3), 0.16) * max(tone, 0.2),
            bump: Vector(coarse.x, coarse.y, coarse.z) * -0.055,
            roughness: 0.9,
            reflectance: 0.025
        )
    }

    /// Rings around an axis beside the object, in its stain.
    private func wood(_ p: Vector, _ width: Float) -> SurfaceSample {
        let warp = noise.octaves(
            Vector(p.x * 1.4, p.y * 1.4, p.z * 0.5),
            count: 2,
            footprint: width * 1.4
        ).w
        let radius = length(p.x + 0.35, p.y - 0.5) + 0.12 * warp
        let visible = LatticeNoise.visibility(spacing: 0.07, footprint: width)
        let phase = radius * 7.5
        let t = phase - Float(floorInteger(phase))
        // Slowly darker, then back at once: late and early wood.
        let soft = max(width * 7.5, 0.08)
        let ring = t * smoothStep(0, soft, 1 - t) * visible + 0.5 * (1 - visible)
        let fibre = noise.octaves(
            Vector(p.x * 16, p.y * 16, p.z * 2.5),
            count: 2,
            footprint: width * 16
        ).w
        let bright = max(colour.x, max(colour.y, colour.z))
        let stain = mix(colour, Vector(0.8, 0.48, 0.23) * bright, 0.22)
        return SurfaceSample(
            albedo: stain * (1.12 - 0.6 * ring + 0.16 * fibre),
            roughness: 0.55,
            reflectance: 0.03
        )
    }

    /// Rows of stitches around the object's own z axis.
    private func wool(_ p: Vector, _ width: Float) -> SurfaceSample {
        let lump = noise.octaves(p * 2, count: 2, footprint: width * 2)
        let fuzz = noise.octaves(p * 20, count: 2, footprint: width * 20).w
        let visible = LatticeNoise.visibility(spacing: 0.045, footprint: width)
        let row = p.z * 9 + lump.w * 0.15
        let stitch = (p.x + p.y) * 6 + (wave(row) * 0.16)
        let knit = (0.6 * wave(row) + 0.4 * wave(stitch)) * visible
        return SurfaceSample(
            albedo: colour * (0.88 + 0.26 * knit + 0.16 * fuzz),
            bump: Vector(lump.x, lump.y, lump.z) * -0.06
                + Vector(0, 0, -wave(row + 0.25) * visible * 0.22),
            roughness: 1,
            reflectance: 0.01,
            sheen: 0.5
        )
    }
}
