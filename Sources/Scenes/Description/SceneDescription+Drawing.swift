extension SceneDescription {
    /// The scene of a seed.
    ///
    /// Everything is drawn, then `choices` replace what they name: the rest is that of the seed.
    package init(seed: UInt64, _ choices: SceneChoices = SceneChoices()) {
        var random = SceneRandom(seed: seed, .world)
        let drawnCount = random.pick([1, 1, 1, 1, 1, 2, 2, 3])
        // Tables first, as most footage of small things shows one.
        let drawnGround = random.chance(0.25) ? .wood : random.pick(SceneGround.allCases)
        let drawnLight = random.pick(SceneLight.allCases)
        let lightAzimuth = random.number(0, 2 * .pi)
        var objects: [SceneObject] = []
        for index in 0..<(choices.objectCount ?? drawnCount) {
            var object = SceneObject(seed: seed, index: index)
            if index == 0 {
                if let subject = choices.subject { object.become(subjectOf: subject) }
                object.colour = choices.colour ?? object.colour
                object.finish = choices.finish ?? object.finish
                object.shape = choices.shape ?? object.shape
                object.motion.kind = choices.motion ?? object.motion.kind
            }
            objects.append(object)
        }
        let camera = CameraMove(seed: seed, objects[0].size, objectCount: objects.count)
        for index in objects.indices { objects[index].heading += camera.azimuth.middle }
        self.init(
            objects: objects,
            ground: choices.ground ?? drawnGround,
            light: choices.light ?? drawnLight,
            lightAzimuth: lightAzimuth,
            camera: camera,
            wall: Wall(
                azimuth: camera.azimuth.middle + .pi + random.number(-0.35, 0.35),
                distance: random.number(4, 9)
            ),
            seed: seed
        )
    }
}

extension SceneObject {
    /// The object of that number of a seed's scene.
    ///
    /// Each has a sector of the ground of its own, wide enough for what it does there.
    fileprivate init(seed: UInt64, index: Int) {
        var random = SceneRandom(seed: seed, .object, index: index)
        let size = index == 0 ? random.number(0.75, 1.1) : random.number(0.45, 0.9)
        // From the camera's side: what has a face shows it, or its profile at least.
        let heading = random.number(-1.4, 1.4)
        let around = index == 0 ? 0 : random.number(1.75, 2.5)
        // The second and third stand opposite each other, more or less.
        var direction = SceneRandom(seed: seed, .object, index: 1)
        let sector = direction.number(0, 2 * .pi) + (index == 2 ? .pi : 0) + heading * 0.4
        let (sine, cosine) = ScalarMath.sineAndCosine(Double(sector))
        self.init(
            colour: random.pick(SceneColour.allCases),
            finish: random.pick(SceneFinish.allCases),
            shape: random.pick(SceneShape.allCases),
            size: size,
            place: SIMD2(Float(cosine) * around, Float(sine) * around),
            heading: heading,
            isLying: random.chance(0.4),
            motion: ObjectMotion(
                kind: random.chance(0.5) ? .still : random.pick(ObjectMotion.Kind.allCases),
                period: random.number(3.5, 8),
                phase: random.unit(),
                reach: random.number(0.25, 0.5)
            ),
            variation: random.word()
        )
    }
}

extension SceneObject {
    /// Takes over all that a seed's subject is; place, heading and motion stay.
    fileprivate mutating func become(subjectOf seed: UInt64) {
        let subject = SceneObject(seed: seed, index: 0)
        (colour, finish, shape) = (subject.colour, subject.finish, subject.shape)
        (size, isLying, variation) = (subject.size, subject.isLying, subject.variation)
        origin = seed
    }
}

extension CameraMove {
    /// The hand of a seed's scene.
    fileprivate init(seed: UInt64, _ subjectSize: Float, objectCount: Int) {
        var random = SceneRandom(seed: seed, .camera, index: 100)
        func sway(
            _ middle: Float,
            _ reach: ClosedRange<Float>,
            _ random: inout SceneRandom
        ) -> Sway {
            Sway(
                middle: middle,
                reach: random.number(reach.lowerBound, reach.upperBound),
                period: random.number(7, 16),
                phase: random.unit()
            )
        }
        let tangent = random.number(0.3, 0.5)
        // The subject takes a fifth to a half of the picture's shorter side.
        let share = random.number(0.2, 0.52)
        let room = 1 + 0.2 * Float(objectCount - 1)
        let distance = room * 0.85 * subjectSize / (share * tangent)
        // Mostly from above, as one looks at things on a table.
        let elevation = random.chance(0.3) ? random.number(0.22, 0.5) : random.number(0.5, 1.05)
        self.init(
            target: Vector(
                random.number(-0.35, 0.35),
                random.number(-0.35, 0.35),
                subjectSize * random.number(0.3, 0.6)
            ),
            distance: sway(Float(ScalarMath.log2(Double(distance))), 0.05...0.4, &random),
            azimuth: sway(random.number(0, 2 * .pi), 0.05...0.5, &random),
            elevation: sway(elevation, 0...0.12, &random),
            roll: sway(random.number(-0.1, 0.1), 0...0.05, &random),
            tangent: tangent,
            unsteadiness: random.number(0.4, 1.4),
            seed: seed
        )
    }
}
