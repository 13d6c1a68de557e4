/// The ground of a scene, textured in the world's own coordinates.
struct GroundSurface: Sendable {
    private let ground: SceneGround
    private let noise: LatticeNoise
    /// The texture's axes in the world.
    private let cosine: Float
    private let sine: Float
    private let light: Vector
    private let dark: Vector
    private let accent: Vector
    /// Of the pattern, around 1.
    private let scale: Float
    private let style: Float

    init(_ ground: SceneGround, seed: UInt64) {
        var random = SceneRandom(seed: seed, .surfaces, index: 0)
        self.ground = ground
        noise = LatticeNoise(seed: random.word())
        let turn = ScalarMath.sineAndCosine(Double(random.number(0, 2 * .pi)))
        (cosine, sine) = (Float(turn.cosine), Float(turn.sine))
        scale = random.number(0.75, 1.35)
        style = random.unit()
        let looks = Self.looks(ground)
        let look = random.pick(looks)
        let tint = Vector(random.number(0.9, 1.1), 1, random.number(0.9, 1.1))
        light = look.0 * tint
        dark = look.1 * tint
        accent = random.pick(Self.accents)
    }

    /// Its mean colour, for what is reflected from it.
    var mean: Vector { mix(dark, light, ground == .wood ? 0.45 : 0.6) }

    /// The surface at a place of the ground.
    ///
    /// - Parameters:
    ///   - point: In the world.
    ///   - footprint: Size of a pixel there.
    /// - Returns: Its colour and relief.
    @inline(__always)
    func sample(_ point: Vector, footprint: Float) -> SurfaceSample {
        let x = (point.x * cosine + point.y * sine) * scale
        let y = (point.y * cosine - point.x * sine) * scale
        let width = footprint * scale
        var sample: SurfaceSample
        switch ground {
        case .wood: sample = wood(x, y, width)
        case .snow: sample = snow(x, y, width)
        case .grass: sample = grass(x, y, width)
        case .sand: sample = sand(x, y, width)
        case .tiles: sample = tiles(x, y, width)
        case .cloth: sample = cloth(x, y, width)
        case .gravel: sample = gravel(x, y, width)
        case .concrete: sample = concrete(x, y, width)
        }
        let bump = sample.bump
        sample.bump = Vector(
            bump.x * cosine - bump.y * sine,
            bump.x * sine + bump.y * cosine,
            0
        )
        return sample
    }

    // MARK: - Kinds

    /// Boards with worn varnish: patches and streaks along the grain, dark gaps between boards.
    private func wood(_ x: Float, _ y: Float, _ width: Float) -> SurfaceSample {
        let boardWidth: Float = 2.6
        let row = floorInteger(y / boardWidth)
        let tone = noise.cell(row, 71)
        let shift = tone * 37
        let warp = noise.octaves(x * 0.35 + shift, y * 0.9, count: 2, footprint: width).x
        let streak = noise.octaves(
            x * 1.5 + shift,
            (y + warp * 0.18) * 9,
            count: 3,
            gain: 0.65,
            footprint: width * 5
        )
        let fibre = noise.octaves(
            x * 4 - shift,
            (y + warp * 0.1) * 34,
            count: 2,
            footprint: width * 16
        ).x
        let worn = smoothStep(-0.55 - style * 0.3, 0.55 + style * 0.3, streak.x + warp * 0.4)
        var albedo = mix(dark, light, worn) * (1 + 0.16 * fibre + 0.14 * tone)
        let edge = abs(y - (Float(row) + 0.5) * boardWidth)
        let gap = boardWidth / 2 - 0.035
        let softness = max(width, 0.02)
        let isGap = smoothStep(gap - softness, gap + softness, edge) * min(1, 0.05 / softness)
        albedo *= 1 - 0.8 * isGap
        return SurfaceSample(
            albedo: albedo,
            bump: Vector(0, -streak.z * 0.05, 0),
            roughness: 0.5,
            reflectance: 0.035 * (1 - isGap) * (1 - 0.6 * worn)
        )
    }

    private func snow(_ x: Float, _ y: Float, _ width: Float) -> SurfaceSample {
        let drift = noise.octaves(x * 0.7, y * 0.7, count: 4, gain: 0.45, footprint: width * 0.7)
        let crumbs = noise.octaves(x * 9, y * 9, count: 2, footprint: width * 9)
        return SurfaceSample(
            albedo: mix(dark, light, 0.75 + 0.25 * drift.x + 0.05 * crumbs.x),
            bump: Vector(-drift.y, -drift.z, 0) * 0.11 - Vector(crumbs.y, crumbs.z, 0) * 0.006,
            roughness: 0.7,
            reflectance: 0.03,
            sheen: 0.05
        )
    }

    private func grass(_ x: Float, _ y: Float, _ width: Float) -> SurfaceSample {
        let patch = noise.octaves(x * 0.45, y * 0.45, count: 3, footprint: width * 0.45).x
        let tuft = noise.octaves(x * 3.1, y * 3.1, count: 2, footprint: width * 3.1)
        // Blades: short streaks that lie across each other.
        let first = blades(x, y, 0.35, width)
        let second = blades(x + 31, y, 2.1, width)
        let third = blades(x, y + 57, 1.2, width)
        let top = max(first.x, max(second.x, third.x))
        let height = clamped(0.3 + 0.42 * top + 0.2 * patch + 0.16 * tuft.x)
        return SurfaceSample(
            albedo: mix(dark, light, height),
            bump: Vector(-tuft.y, -tuft.z, 0) * 0.05 - Vector(first.z, second.y, 0) * 0.006,
            roughness: 0.8,
            reflectance: 0.03,
            sheen: 0.12
        )
    }

    /// Streaks in one direction; the slopes are along and across it.
    @inline(__always)
    private func blades(_ x: Float, _ y: Float, _ turn: Float, _ width: Float) -> Vector {
        // Half-angle tangents give a rotation without a sine.
        let t = turn / 2
        let (c, d) = ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t))
        return noise.octaves(
            (x * c + y * d) * 4.5,
            (y * c - x * d) * 17,
            count: 2,
            gain: 0.7,
            footprint: width * 10
        )
    }

    private func sand(_ x: Float, _ y: Float, _ width: Float) -> SurfaceSample {
        let dune = noise.octaves(x * 0.5, y * 0.5, count: 3, footprint: width * 0.5)
        let phase = y * 1.9 + dune.x * 1.3
        let visible = LatticeNoise.visibility(spacing: 0.25, footprint: width)
        let ripple = wave(phase) * visible
        let slope = wave(phase + 0.25) * visible * 1.9 * 2 * .pi
        let grain = noise.octaves(x * 14, y * 14, count: 2, gain: 0.8, footprint: width * 14).x
        let strength = 0.015 + 0.03 * style
        return SurfaceSample(
            albedo: mix(dark, light, clamped(0.6 + 0.16 * dune.x + 0.1 * ripple + 0.16 * grain)),
            bump: Vector(-dune.y * 0.12, -slope * strength - dune.z * 0.12, 0),
            roughness: 0.9,
            reflectance: 0.02
        )
    }

    private func tiles(_ x: Float, _ y: Float, _ width: Float) -> SurfaceSample {
        let side: Float = 1.5
        let row = floorInteger(y / side)
        // Every other row is shifted by half in some floors.
        let offset: Float = style > 0.6 && row & 1 == 1 ? side / 2 : 0
        let column = floorInteger((x + offset) / side)
        let u = x + offset - (Float(column) + 0.5) * side
        let v = y - (Float(row) + 0.5) * side
        let edge = max(abs(u), abs(v))
        let softness = max(width * 0.75, 0.015)
        let rim = side / 2 - 0.04
        let grout = smoothStep(rim - softness, rim + softness, edge)
        let tone = noise.cell(column, row, 5)
        let vein = noise.octaves(x * 1.6 + tone * 20, y * 1.6, count: 4, footprint: width * 1.6).x
        let isOdd = (column &+ row) & 1 == 1 && style < 0.4
        let face = isOdd ? accent * 0.8 : light
        let glaze = face * (1 + 0.1 * tone + 0.14 * vein)
        return SurfaceSample(
            albedo: mix(glaze, dark, grout),
            bump: Vector(vein, vein, 0) * 0.01,
            roughness: mix(0.22, 0.9, grout),
            reflectance: 0.04 * (1 - grout)
        )
    }

    private func cloth(_ x: Float, _ y: Float, _ width: Float) -> SurfaceSample {
        let fold = noise.octaves(x * 0.35, y * 0.35, count: 2, footprint: width * 0.35)
        let visible = LatticeNoise.visibility(spacing: 0.05, footprint: width)
        let weave = (wave(x * 9) * wave(y * 9)) * visible
        let pitch: Float = 1.1
        func band(_ coordinate: Float) -> Float {
            let t = abs(coordinate / pitch - Float(floorInteger(coordinate / pitch)) - 0.5)
            let softness = max(width / pitch, 0.02)
            return smoothStep(0.25 - softness, 0.25 + softness, t)
        }
        // Checks, stripes or plain.
        let pattern: Float =
            style < 0.45 ? (band(x) + band(y)) * 0.5 : style < 0.75 ? band(x) : 0
        let fray = noise.octaves(x * 6, y * 6, count: 3, footprint: width * 6).x
        return SurfaceSample(
            albedo: mix(light, accent, pattern) * (1 + 0.12 * weave + 0.06 * fray),
            bump: Vector(-fold.y, -fold.z, 0) * 0.16,
            roughness: 0.95,
            reflectance: 0.02,
            sheen: 0.15
        )
    }

    /// Pebbles: the nearest of scattered points, each with a tone of its own.
    private func gravel(_ x: Float, _ y: Float, _ width: Float) -> SurfaceSample {
        let frequency: Float = 3.4
        let (u, v) = (x * frequency, y * frequency)
        let visible = LatticeNoise.visibility(spacing: 1, footprint: width * frequency)
        let (column, row) = (floorInteger(u), floorInteger(v))
        var nearest: Float = 8
        var second: Float = 8
        var tone: Float = 0
        var offset = SIMD2<Float>.zero
        for dy: Int32 in -1...1 {
            for dx: Int32 in -1...1 {
                let (i, j) = (column &+ dx, row &+ dy)
                let px = Float(i) + 0.5 + 0.42 * noise.cell(i, j, 1) - u
                let py = Float(j) + 0.5 + 0.42 * noise.cell(i, j, 2) - v
                let square = px * px + py * py
                if square < nearest {
                    second = nearest
                    nearest = square
                    tone = noise.cell(i, j, 3)
                    offset = SIMD2(px, py)
                } else if square < second {
                    second = square
                }
            }
        }
        let gap = second.squareRoot() - nearest.squareRoot()
        let softness = max(0.12, width * frequency)
        let solid = mix(0.75, smoothStep(0, softness * 2, gap), visible)
        let grain = noise.octaves(u * 3, v * 3, count: 2, footprint: width * frequency * 3).x
        let stone = mix(dark, light, clamped(0.5 + 0.5 * tone * visible + 0.2 * grain))
        return SurfaceSample(
            albedo: stone * mix(0.3, 1, solid),
            bump: Vector(-offset.x, -offset.y, 0) * (0.75 * visible),
            roughness: 0.85,
            reflectance: 0.03
        )
    }

    private func concrete(_ x: Float, _ y: Float, _ width: Float) -> SurfaceSample {
        let cloud = noise.octaves(x * 0.6, y * 0.6, count: 5, gain: 0.6, footprint: width * 0.6)
        let pores = noise.octaves(x * 15, y * 15, count: 2, footprint: width * 15)
        let pits = smoothStep(0.62, 0.85, pores.x)
        return SurfaceSample(
            albedo: mix(dark, light, clamped(0.55 + 0.32 * cloud.x)) * (1 - 0.35 * pits),
            bump: Vector(-cloud.y, -cloud.z, 0) * 0.05,
            roughness: 0.8,
            reflectance: 0.03
        )
    }

    // MARK: - Colours

    /// Light and dark colours of a kind.
    private static func looks(_ ground: SceneGround) -> [(Vector, Vector)] {
        switch ground {
        case .wood:
            [
                (Vector(0.42, 0.24, 0.11), Vector(0.13, 0.045, 0.022)),
                (Vector(0.36, 0.19, 0.085), Vector(0.1, 0.04, 0.018)),
                (Vector(0.58, 0.38, 0.2), Vector(0.3, 0.16, 0.07)),
                (Vector(0.2, 0.11, 0.06), Vector(0.06, 0.03, 0.017)),
                (Vector(0.5, 0.44, 0.36), Vector(0.24, 0.2, 0.16)),
            ]
        case .snow: [(Vector(0.88, 0.9, 0.93), Vector(0.72, 0.77, 0.86))]
        case .grass:
            [
                (Vector(0.24, 0.36, 0.07), Vector(0.025, 0.075, 0.015)),
                (Vector(0.16, 0.33, 0.06), Vector(0.02, 0.07, 0.02)),
                (Vector(0.42, 0.4, 0.14), Vector(0.08, 0.09, 0.025)),
            ]
        case .sand:
            [
                (Vector(0.66, 0.5, 0.32), Vector(0.36, 0.25, 0.15)),
                (Vector(0.72, 0.64, 0.5), Vector(0.46, 0.38, 0.28)),
                (Vector(0.55, 0.32, 0.18), Vector(0.3, 0.15, 0.08)),
            ]
        case .tiles:
            [
                (Vector(0.66, 0.64, 0.6), Vector(0.2, 0.19, 0.18)),
                (Vector(0.45, 0.2, 0.12), Vector(0.3, 0.27, 0.24)),
                (Vector(0.2, 0.3, 0.36), Vector(0.5, 0.5, 0.48)),
                (Vector(0.5, 0.47, 0.38), Vector(0.14, 0.13, 0.12)),
            ]
        case .cloth:
            [
                (Vector(0.74, 0.72, 0.66), Vector(0.4, 0.4, 0.4)),
                (Vector(0.6, 0.52, 0.4), Vector(0.3, 0.3, 0.3)),
                (Vector(0.12, 0.2, 0.34), Vector(0.1, 0.1, 0.2)),
                (Vector(0.32, 0.36, 0.3), Vector(0.1, 0.2, 0.1)),
            ]
        case .gravel:
            [
                (Vector(0.42, 0.4, 0.38), Vector(0.14, 0.135, 0.13)),
                (Vector(0.5, 0.42, 0.34), Vector(0.17, 0.13, 0.1)),
            ]
        case .concrete:
            [
                (Vector(0.46, 0.45, 0.43), Vector(0.2, 0.2, 0.195)),
                (Vector(0.34, 0.35, 0.37), Vector(0.13, 0.135, 0.145)),
            ]
        }
    }

    private static let accents: [Vector] = [
        Vector(0.5, 0.05, 0.05), Vector(0.06, 0.16, 0.42), Vector(0.1, 0.32, 0.18),
        Vector(0.6, 0.42, 0.12), Vector(0.3, 0.14, 0.3), Vector(0.08, 0.08, 0.09),
    ]
}
