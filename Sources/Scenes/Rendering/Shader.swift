/// What colour a point of a scene has, in linear light.
struct Shader: Sendable {
    private let ground: GroundSurface
    private let objects: [ObjectSurface]
    private let backdrop: BackdropSurface
    private let illumination: Illumination
    private let isIndoors: Bool
    /// Light that comes up from the ground.
    private let bounce: Vector

    init(_ description: SceneDescription, wallDirection: Vector) {
        let seed = description.seed
        ground = GroundSurface(description.ground, seed: seed)
        objects = description.objects.map { ObjectSurface($0, seed: seed) }
        backdrop = BackdropSurface(wallDirection: wallDirection, seed: seed)
        illumination = Illumination(
            description.light,
            azimuth: description.lightAzimuth,
            seed: seed
        )
        isIndoors = description.ground.isIndoors
        let height = illumination.towards.z
        bounce = ground.mean * (illumination.ambient + illumination.key * height) * 0.6
    }

    /// A hit of a ray from the camera.
    struct Hit {
        let surface: Surface
        /// In the world.
        let point: Vector
        /// Unit vector of the ray.
        let ray: Vector
        /// Size of a pixel across the ray there.
        let footprint: Float
    }

    /// The light that comes from a hit to the camera.
    @inline(__always)
    func colour(_ hit: Hit, on stage: Stage) -> Vector {
        switch hit.surface {
        case .object(let index): object(index, hit, stage)
        case .ground: floor(hit, stage)
        case .wall: wall(hit, stage)
        case .sky: sky(hit)
        }
    }

    /// The reflected share at a hit: the picture without light, shadow or shine.
    @inline(__always)
    func albedo(_ hit: Hit, on stage: Stage) -> Vector {
        switch hit.surface {
        case .object(let index):
            let object = stage.objects[index]
            return objects[index].sample(object.local(hit.point), footprint: hit.footprint).albedo
        case .ground:
            let width = Self.slanted(hit.footprint, -hit.ray.z)
            return ground.sample(hit.point, footprint: width).albedo
        case .wall:
            let width = Self.slanted(hit.footprint, dot(hit.ray, stage.wallDirection))
            return backdrop.wall(hit.point, footprint: width).albedo
        case .sky: return sky(hit)
        }
    }

    // MARK: - Surfaces

    private func object(_ index: Int, _ hit: Hit, _ stage: Stage) -> Vector {
        let object = stage.objects[index]
        let local = object.local(hit.point)
        let plain = DistanceField.normal(object.shape, local)
        let sample = objects[index].sample(local, footprint: hit.footprint)
        let normal = object.rotation(normalized(plain + sample.bump))
        let smooth = object.rotation(plain)
        let towards = illumination.towards
        var open: Float = 1
        if dot(smooth, towards) > 0 {
            let start = hit.point + smooth * 0.012
            open = stage.light(start, towards, sharpness: illumination.sharpness, start: 0.05)
        }
        // Hollows, and what is near the ground and faces it, see less of the sky.
        let reach = 0.22 * object.size
        let hollow = clamped(object.distance(hit.point + smooth * reach) / reach)
        let low = clamped(1 - hit.point.z / (0.9 * object.size)) * clamped(0.5 - 0.5 * smooth.z)
        let occlusion = (0.35 + 0.65 * hollow) * (1 - 0.75 * low)
        return lit(
            sample,
            hit,
            normal: normal,
            open: open,
            occlusion: occlusion,
            reflection: reflection(sample, hit, normal, stage)
        )
    }

    private func floor(_ hit: Hit, _ stage: Stage) -> Vector {
        let width = Self.slanted(hit.footprint, -hit.ray.z)
        let sample = ground.sample(hit.point, footprint: width)
        let up = Vector(0, 0, 1)
        let normal = normalized(up + sample.bump)
        let open = stage.light(
            hit.point,
            illumination.towards,
            sharpness: illumination.sharpness,
            start: 0.02
        )
        var occlusion = stage.openness(hit.point, up)
        if stage.hasWall {
            let gap = stage.wallDistance - dot(hit.point, stage.wallDirection)
            occlusion *= 1 - 0.4 * clamped(1 - gap / 1.5)
        }
        let colour = lit(
            sample,
            hit,
            normal: normal,
            open: open,
            occlusion: occlusion,
            reflection: environment(Self.mirrored(hit.ray, normal)) * 0.7
        )
        guard !isIndoors else { return colour }
        // The air in front of what is far has the colour of the horizon.
        let distance = length(hit.point - stage.camera.position)
        return mix(colour, illumination.horizon, smoothStep(12, 90, distance) * 0.85)
    }

    private func wall(_ hit: Hit, _ stage: Stage) -> Vector {
        let facing = dot(hit.ray, stage.wallDirection)
        let width = Self.slanted(hit.footprint, facing)
        let sample = backdrop.wall(hit.point, footprint: width)
        let corner = 1 - 0.4 * clamped(1 - hit.point.z / 1.5)
        // Light of a room is softer on its walls than the key light would be.
        let share = 0.42 * illumination.falloff(hit.point)
        let light = illumination.ambient + illumination.key * share
        return sample.albedo * light * corner
    }

    private func sky(_ hit: Hit) -> Vector {
        let clear = illumination.sky(hit.ray)
        guard !isIndoors else { return clear }
        // In a sky without blue, clouds would be nothing.
        let cloud = backdrop.cloud(hit.ray, footprint: hit.footprint / Stage.farDepth)
        let white = illumination.horizon * 0.5 + illumination.key * 0.42
        return mix(clear, white, 0.75 * cloud)
    }

    // MARK: - Light

    @inline(__always)
    private func lit(
        _ sample: SurfaceSample,
        _ hit: Hit,
        normal: Vector,
        open: Float,
        occlusion: Float,
        reflection: Vector
    ) -> Vector {
        let towards = illumination.towards
        let facing = clamped(dot(normal, towards))
        let view = clamped(-dot(normal, hit.ray), 0.02, 1)
        let key = illumination.key * (open * illumination.falloff(hit.point))
        let up = 0.5 + 0.5 * normal.z
        let around = mix(bounce, illumination.ambient, up) * occlusion
        // Schlick's approximation; rough surfaces do not mirror at the edge.
        let edge = (1 - view) * (1 - view)
        let rise = edge * edge * (1 - view) * (1 - sample.roughness)
        let shine = Self.shine(sample.roughness, normal, towards, hit.ray)
        if sample.isMetal {
            let colour = sample.albedo + (1 - sample.albedo) * rise
            let gleam = key * (shine * facing)
            return colour * (reflection * (0.4 + 0.8 * occlusion) + gleam + around * 0.1)
        }
        let fresnel = sample.reflectance + (1 - sample.reflectance) * rise
        let fibres = 1 + sample.sheen * edge * 2
        let diffuse = sample.albedo * (key * facing + around) * (fibres * (1 - fresnel))
        let gloss = fresnel * (1 - sample.roughness)
        return diffuse + reflection * (gloss * occlusion)
            + key * (sample.reflectance * shine * facing)
    }

    /// The GGX lobe with the usual approximation of shadowing.
    @inline(__always)
    private static func shine(
        _ roughness: Float,
        _ normal: Vector,
        _ towards: Vector,
        _ ray: Vector
    ) -> Float {
        let half = normalized(towards - ray)
        let nh = clamped(dot(normal, half))
        let lh = clamped(dot(towards, half))
        let alpha = max(roughness * roughness, 0.004)
        let square = alpha * alpha
        let spread = nh * nh * (square - 1) + 1
        return square / (4 * spread * spread * max(0.1, lh * lh) * (roughness + 0.5))
    }

    /// What a surface mirrors: the ground with its texture for metal, its mean for the rest.
    @inline(__always)
    private func reflection(
        _ sample: SurfaceSample,
        _ hit: Hit,
        _ normal: Vector,
        _ stage: Stage
    ) -> Vector {
        let direction = Self.mirrored(hit.ray, normal)
        guard direction.z < -0.02 else { return environment(direction) }
        let way = -hit.point.z / direction.z
        let place = hit.point + direction * way
        var colour = ground.mean
        if sample.isMetal, way < 30 {
            let width = hit.footprint * 2 + way * sample.roughness * 0.35
            colour = ground.sample(place, footprint: width / max(-direction.z, 0.1)).albedo
        }
        // Under the object there is its own shadow.
        let near = clamped(0.25 + way * 1.1)
        let light =
            illumination.ambient
            + illumination.key * (illumination.towards.z * illumination.falloff(place))
        let below = smoothStep(0.02, 0.1, -direction.z)
        return mix(environment(direction), colour * light * near, below)
    }

    /// What is around, without objects: sky or room, with the light itself.
    @inline(__always)
    private func environment(_ direction: Vector) -> Vector {
        let lamp = smoothStep(0.86, 0.97, dot(direction, illumination.towards))
        guard isIndoors else { return illumination.sky(direction) }
        let room = backdrop.mean * (illumination.ambient + illumination.key * 0.3)
        let ceiling = (illumination.ambient + illumination.key * 0.25) * 0.9
        let base = mix(room, ceiling, smoothStep(0.1, 0.7, direction.z))
        // Furniture: a darker band around the room.
        let band = smoothStep(-0.05, 0.1, direction.z) * (1 - smoothStep(0.2, 0.35, direction.z))
        // Windows: bright strips that tell a mirror from a matt surface.
        let strip = smoothStep(0.42, 0.48, direction.z) * (1 - smoothStep(0.62, 0.68, direction.z))
        let panes = smoothStep(0, 0.25, wave(direction.x * 0.9 + direction.y * 0.5 + 0.1))
        return base * (1 - 0.65 * band) + illumination.key * max(lamp, 0.75 * strip * panes)
    }

    @inline(__always)
    private static func mirrored(_ ray: Vector, _ normal: Vector) -> Vector {
        ray - normal * (2 * dot(ray, normal))
    }

    /// The size of a pixel on a surface that is seen at a slant: between its two sides.
    @inline(__always)
    private static func slanted(_ footprint: Float, _ facing: Float) -> Float {
        footprint / max(facing, 0.02).squareRoot()
    }
}
