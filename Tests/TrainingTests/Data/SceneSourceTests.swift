import Models
import Pipelines
import Scenes
import Tensors
import TestSupport
import Testing
import Training

private let request = ClipRequest(frames: 2, stride: 4, width: 32, height: 24)

struct SceneSourceTests {
    @Test func `a clip has pictures, a caption and depth, the same every time`() throws {
        let source = SceneSource(count: 10)
        var generator = Draw(seed: 1, step: 0).stream("clip")
        let key = try source.draw(&generator, request)
        let clip = try #require(try source.clip(key, request))
        #expect(clip.pictures.count == 2)
        #expect((clip.pictures.width, clip.pictures.height) == (32, 24))
        #expect(clip.depth?.shape == [2, 24, 32])
        #expect(clip.depth?.values.allSatisfy { $0 > 0 } == true)
        #expect(clip.caption?.isEmpty == false)
        let again = try source.clip(key, request)
        #expect(again == clip)
        #expect(clip.pictures.image(0) != clip.pictures.image(1))
    }

    @Test func `held-out scenes are others`() throws {
        let training = SceneSource(count: 10)
        let held = SceneSource(count: 10, first: SceneSource.heldOut)
        for item in 0..<10 {
            let key = ClipKey(item: item, variation: 0)
            let image = ClipRequest(width: 16, height: 16)
            let clips = try [training, held].map { try $0.clip(key, image) }
            #expect(clips[0] != clips[1])
        }
    }

    @Test func `a twin has the looks of a scene, and nothing else of it`() {
        for seed in 0..<40 {
            let scene = SceneDescription(seed: UInt64(seed))
            let twin = SceneSource.twin(of: scene, seed: 1 << 61)
            #expect(twin.objects.map(\.colour) == scene.objects.map(\.colour))
            #expect(twin.objects.map(\.finish) == scene.objects.map(\.finish))
            #expect((twin.ground, twin.light) == (scene.ground, scene.light))
            #expect(twin.camera != scene.camera && twin.seed != scene.seed)
        }
    }

    @Test func `each clip has a twin of its own, the same every time`() throws {
        let source = SceneSource(count: 3, variations: 2)
        let keys = (0..<3).flatMap { item in (0..<2).map { ClipKey(item: item, variation: $0) } }
        let twins = try keys.map { try #require(try source.twin($0, request)) }
        #expect(try keys.map { try source.twin($0, request) } == twins)
        #expect(Set(twins).count == keys.count)
        #expect(twins.allSatisfy { $0.count == 1 && ($0.width, $0.height) == (32, 24) })
        let mixed = MixedSource([source, SquareSource()])
        #expect(try mixed.twin(ClipKey(item: 2, variation: 1), request) == twins[3])
        #expect(try mixed.twin(ClipKey(item: 3, variation: 1), request) == nil)
    }

    /// A caption that falls into bytes would not fit, and would be hard to learn.
    @Test func `every word of a caption is one token of a small model's`() throws {
        let folder = try TemporaryFolder()
        try FreshTokenizer.words.write(to: folder.path)
        let tokenizer = try BPETokenizer.load(folder: folder("tokenizer"))
        for seed in 0..<300 {
            let caption = SceneDescription(seed: UInt64(seed)).caption
            let words = caption.replacing(",", with: " ,").split(separator: " ")
            #expect(tokenizer(caption).count == words.count + 2, "\(caption)")
            #expect(words.count + 2 < tokenizer.length)
        }
    }
}
