import Scenes
import Testing

struct SceneClipTests {
    private static func settings(
        _ look: SceneSettings.Look = .photograph,
        width: Int = 48,
        height: Int = 40,
        isSmooth: Bool = true,
        softness: Float = 1
    ) -> SceneSettings {
        SceneSettings(
            width: width,
            height: height,
            look: look,
            isSmooth: isSmooth,
            softness: softness
        )
    }

    /// FNV-1a over the bits of all arrays of a frame.
    private static func digest(_ frame: SceneFrame) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in frame.pixels + frame.surfaces + frame.visibility { add(byte) }
        for number in frame.depth + frame.flow {
            for shift in 0..<4 { add(UInt8(truncatingIfNeeded: number.bitPattern >> (8 * shift))) }
        }
        return hash
    }

    @Test(arguments: [
        (UInt64(0), UInt64(6_190_836_312_558_846_387)), (1, 13_268_440_480_193_756_834),
        (7, 17_610_025_768_170_865_524), (12, 4_195_257_344_159_173_088),
        (0xFFFF_FFFF_FFFF, 15_583_423_379_591_588_331),
    ])
    func `a seed is the same picture on every machine and in every build`(
        seed: UInt64,
        expected: UInt64
    ) {
        let frame = SceneClip(seed: seed, Self.settings()).frame(5)
        #expect(Self.digest(frame) == expected, "seed \(seed)")
    }

    @Test func `frames do not depend on which were made before, nor on what else is made`() {
        for seed: UInt64 in 0..<6 {
            let clip = SceneClip(seed: seed, Self.settings())
            let late = clip.frame(9)
            _ = clip.frame(2)
            #expect(clip.frame(9) == late)
            #expect(SceneClip(clip.description, clip.settings).frame(9) == late)
            let bare = clip.frame(9, [])
            #expect(bare.depth == late.depth && bare.surfaces == late.surfaces)
            #expect(bare.pixels.isEmpty && bare.flow.isEmpty && bare.visibility.isEmpty)
            let picture = clip.frame(9, .picture)
            #expect(picture.pixels == late.pixels && picture.flow.isEmpty)
        }
    }

    @Test func `another colour, finish or light changes the picture and not the geometry`() {
        for seed: UInt64 in 0..<8 {
            let base = SceneDescription(seed: seed)
            let frame = SceneClip(base, Self.settings()).frame(3)
            var others = [base, base, base]
            others[0].objects[0].colour = base.objects[0].colour == .blue ? .red : .blue
            others[1].objects[0].finish = base.objects[0].finish == .metal ? .wool : .metal
            others[2].light = base.light == .lamp ? .daylight : .lamp
            for other in others {
                let changed = SceneClip(other, Self.settings()).frame(3)
                #expect(changed.depth == frame.depth && changed.flow == frame.flow)
                #expect(changed.surfaces == frame.surfaces)
                #expect(changed.visibility == frame.visibility)
                #expect(changed.pixels != frame.pixels)
            }
        }
    }

    @Test func `a subject is in its picture, most often in the middle half`() {
        var central = 0
        for seed: UInt64 in 0..<60 {
            let frame = SceneClip(seed: seed, Self.settings()).frame(0, [])
            let places = frame.surfaces.indices.filter { frame.surfaces[$0] == 1 }
            #expect(places.count > 12, "seed \(seed): \(places.count) pixels")
            guard !places.isEmpty else { continue }
            let x = places.map { $0 % 48 }.reduce(0, +) / places.count
            let y = places.map { $0 / 48 }.reduce(0, +) / places.count
            if (12..<36).contains(x), (10..<30).contains(y) { central += 1 }
        }
        #expect(central > 45)
    }

    @Test func `depth is that of the geometry behind the pixels`() {
        for seed: UInt64 in 0..<10 {
            let clip = SceneClip(seed: seed, Self.settings())
            let frame = clip.frame(4, [])
            let seconds = 4 / clip.settings.framesPerSecond
            let camera = clip.description.camera.camera(seconds, width: 48, height: 40)
            let objects = clip.description.objects.map { PosedObject($0, seconds: seconds) }
            for (place, depth) in frame.depth.enumerated() {
                let (x, y) = (Float(place % 48) + 0.5, Float(place / 48) + 0.5)
                let point = camera.position + camera.direction(x, y) * depth
                switch frame.surfaces[place] {
                case 0: #expect(abs(point.z) < 1e-5 * depth)
                case SceneFrame.wall: #expect(point.z > -1e-4)
                case SceneFrame.sky: #expect(depth == 1000)
                case let number:
                    #expect(abs(objects[Int(number) - 1].distance(point)) < 3e-4)
                }
            }
            #expect(zip(frame.inverseDepth, frame.depth).allSatisfy { abs($0 * $1 - 1) < 1e-6 })
            #expect(frame.masks.allSatisfy { $0 <= clip.description.objects.count })
        }
    }

    @Test func `a tripod before still things sees no motion`() {
        var scene = SceneDescription(seed: 4)
        scene.camera.unsteadiness = 0
        scene.camera.azimuth.reach = 0
        scene.camera.elevation.reach = 0
        scene.camera.distance.reach = 0
        scene.camera.roll.reach = 0
        for index in scene.objects.indices { scene.objects[index].motion = .still }
        let frame = SceneClip(scene, Self.settings()).frame(0)
        #expect(frame.flow.allSatisfy { abs($0) < 1e-3 })
        #expect(frame.visibility.count { $0 == 0 } < 20)
    }

    @Test func `noise and smooth edges are what the settings say`() {
        let noisy = SceneClip(seed: 5, SceneSettings(width: 64, height: 64))
        let clean = SceneClip(seed: 5, SceneSettings(width: 64, height: 64, hasNoise: false))
        let (first, second) = (noisy.frame(0).pixels, clean.frame(0).pixels)
        let differences = zip(first, second).map { abs(Int($0) - Int($1)) }
        #expect(differences.contains { $0 > 0 } && differences.allSatisfy { $0 <= 8 })
        let sharp = SceneSettings(width: 64, height: 64, hasNoise: false, isSmooth: false)
        let jagged = SceneClip(seed: 5, sharp)
        #expect(jagged.frame(0).pixels != second)
        // Without more rays a pixel is the colour at its centre.
        let pixels = jagged.frame(0).pixels
        for place in stride(from: 0, to: 64 * 64, by: 97) {
            let (x, y) = (Float(place % 64) + 0.5, Float(place / 64) + 0.5)
            let levels = jagged.levels(x: x, y: y, frame: 0)
            #expect(abs(levels.x - Float(pixels[3 * place])) <= 0.501)
        }
    }

    @Test func `an empty scene is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            var scene = SceneDescription(seed: 1)
            scene.objects = []
            _ = SceneClip(scene)
        }
    }
}
