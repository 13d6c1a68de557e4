/// Renders frames of one scene.
struct FrameRenderer: Sendable {
    let settings: SceneSettings
    let shader: Shader
    let sensor: SceneSensor
    private let encoder = SRGBEncoder.shared

    /// One frame.
    ///
    /// - Parameters:
    ///   - index: Of the frame, for noise.
    ///   - stage: The scene then.
    ///   - next: The scene a frame later.
    ///   - parts: What is made.
    /// - Returns: The frame.
    func render(_ index: Int, _ stage: Stage, next: Stage, _ parts: SceneParts) -> SceneFrame {
        let (width, height) = (settings.width, settings.height)
        var frame = SceneFrame(width: width, height: height, parts)
        var colours: [Vector] = []
        let isPicture = parts.contains(.picture)
        if isPicture {
            colours.reserveCapacity(width * height)
        }
        for row in 0..<height {
            for column in 0..<width {
                let place = row * width + column
                let (x, y) = (Float(column) + 0.5, Float(row) + 0.5)
                let direction = stage.camera.direction(x, y)
                let (surface, depth) = stage.trace(direction)
                frame.depth[place] = depth
                frame.surfaces[place] = Self.label(surface)
                if isPicture {
                    colours.append(colour(surface, depth, direction, x, y, stage))
                }
                if parts.contains(.flow) {
                    let moved = Self.motion(surface, depth, direction, stage, next)
                    frame.flow[2 * place] = moved.x - x
                    frame.flow[2 * place + 1] = moved.y - y
                    frame.visibility[place] =
                        isSeen(surface, moved, in: next) ? 1 : 0
                }
            }
        }
        if isPicture {
            if settings.isSmooth { smoothEdges(&colours, frame.surfaces, stage) }
            develop(colours, index, &frame)
        }
        return frame
    }

    /// The colour at a place of the picture before bytes are made of it, in grey levels.
    func levels(_ x: Float, _ y: Float, _ stage: Stage) -> Vector {
        let direction = stage.camera.direction(x, y)
        let (surface, depth) = stage.trace(direction)
        return encoder.levels(colour(surface, depth, direction, x, y, stage))
    }

    // MARK: - Motion

    /// Where the point that a ray meets is in the next frame's picture, and how deep.
    @inline(__always)
    private static func motion(
        _ surface: Surface,
        _ depth: Float,
        _ direction: Vector,
        _ stage: Stage,
        _ next: Stage
    ) -> (x: Float, y: Float, depth: Float) {
        let point = stage.camera.position + direction * depth
        switch surface {
        case .object(let index):
            let local = stage.objects[index].local(point)
            return next.camera.project(next.objects[index].world(local))
        case .ground, .wall: return next.camera.project(point)
        case .sky:
            // So far away that only the camera's turning matters.
            let (x, y, along) = next.camera.project(direction: direction)
            return (x, y, along > 0 ? Stage.farDepth : along)
        }
    }

    @inline(__always)
    private func isSeen(
        _ surface: Surface,
        _ place: (x: Float, y: Float, depth: Float),
        in next: Stage
    ) -> Bool {
        guard place.depth > 0, place.x >= 0, place.y >= 0, place.x < Float(settings.width),
            place.y < Float(settings.height)
        else { return false }
        let direction = next.camera.direction(place.x, place.y)
        return !next.isHidden(direction, place.depth, of: surface)
    }

    // MARK: - Picture

    @inline(__always)
    private static func label(_ surface: Surface) -> UInt8 {
        switch surface {
        case .object(let index): UInt8(index + 1)
        case .ground: 0
        case .wall: SceneFrame.wall
        case .sky: SceneFrame.sky
        }
    }

    /// Linear, between 0 and 1.
    @inline(__always)
    private func colour(
        _ surface: Surface,
        _ depth: Float,
        _ direction: Vector,
        _ x: Float,
        _ y: Float,
        _ stage: Stage
    ) -> Vector {
        let camera = stage.camera
        let detail = settings.softness * (settings.look == .photograph ? sensor.blur : 1)
        let stretch = length(direction)
        let hit = Shader.Hit(
            surface: surface,
            point: camera.position + direction * depth,
            ray: direction * (1 / stretch),
            footprint: depth * detail / camera.focal
        )
        switch settings.look {
        case .albedo: return shader.albedo(hit, on: stage)
        case .photograph:
            let (u, v) = (x - camera.centre.x, y - camera.centre.y)
            let corner = camera.centre.x * camera.centre.x + camera.centre.y * camera.centre.y
            let light = shader.colour(hit, on: stage)
            return sensor.exposed(light, radius: (u * u + v * v) / corner)
        }
    }

    /// Four more rays for each pixel whose neighbours show something else.
    private func smoothEdges(_ colours: inout [Vector], _ surfaces: [UInt8], _ stage: Stage) {
        let (width, height) = (settings.width, settings.height)
        let tones = colours.map { colour in
            encoder.level(0.3 * colour.x + 0.6 * colour.y + 0.1 * colour.z)
        }
        let offsets: [(Float, Float)] = [
            (-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125),
        ]
        for row in 0..<height {
            for column in 0..<width {
                let place = row * width + column
                func differs(_ other: Int) -> Bool {
                    surfaces[other] != surfaces[place]
                        || (tones[other] - tones[place]).magnitude > Self.contrast
                }
                guard
                    (column > 0 && differs(place - 1))
                        || (column + 1 < width && differs(place + 1))
                        || (row > 0 && differs(place - width))
                        || (row + 1 < height && differs(place + width))
                else { continue }
                let (x, y) = (Float(column) + 0.5, Float(row) + 0.5)
                var sum = colours[place]
                for (dx, dy) in offsets {
                    let direction = stage.camera.direction(x + dx, y + dy)
                    let (surface, depth) = stage.trace(direction)
                    sum += colour(surface, depth, direction, x + dx, y + dy, stage)
                }
                colours[place] = sum * 0.2
            }
        }
    }

    /// Grey levels between neighbours from which a pixel gets more rays.
    private static let contrast: Float = 34

    private func develop(_ colours: [Vector], _ index: Int, _ frame: inout SceneFrame) {
        let isNoisy = settings.hasNoise && settings.look == .photograph
        var noise = [Float](repeating: 0, count: settings.width * 3)
        for row in 0..<settings.height {
            if isNoisy { sensor.noise(row: row, of: index, into: &noise) }
            for column in 0..<settings.width {
                let place = row * settings.width + column
                var levels = encoder.levels(colours[place])
                if isNoisy {
                    let start = column * 3
                    levels += Vector(noise[start], noise[start + 1], noise[start + 2])
                }
                frame.pixels[3 * place] = Self.byte(levels.x)
                frame.pixels[3 * place + 1] = Self.byte(levels.y)
                frame.pixels[3 * place + 2] = Self.byte(levels.z)
            }
        }
    }

    @inline(__always)
    private static func byte(_ level: Float) -> UInt8 { UInt8(clamped(level + 0.5, 0, 255)) }
}
