import Pipelines
import Tensors
import Testing
import Training

private struct Damaged: ClipSource {
    func identity(_ key: ClipKey) -> String { "\(key.item)" }

    func draw(_ generator: inout KeyedGenerator, _ request: ClipRequest) -> ClipKey {
        ClipKey(item: generator.integer(below: 4), variation: 0)
    }

    /// Only the last of four is whole.
    func clip(_ key: ClipKey, _ request: ClipRequest) -> TrainingClip? {
        key.item == 3 ? SquareSource().clip(ClipKey(item: 0, variation: 0), request) : nil
    }
}

private struct Ruined: ClipSource {
    func identity(_ key: ClipKey) -> String { "\(key.item)" }

    func draw(_ generator: inout KeyedGenerator, _ request: ClipRequest) -> ClipKey {
        ClipKey(item: generator.integer(below: 4), variation: 0)
    }

    func clip(_ key: ClipKey, _ request: ClipRequest) -> TrainingClip? { nil }
}

private let request = ClipRequest(frames: 2, width: 8, height: 8)

struct ClipSourceTests {
    @Test func `a damaged clip is replaced by the next draw, the same every time`() throws {
        let keys = try (0..<2).map { _ in
            var generator = Draw(seed: 1, step: 2).stream("clip")
            let source = Damaged()
            return try source.example(&generator, request) { key -> ClipKey? in
                source.clip(key, request).map { _ in key }
            }
        }
        #expect(keys[0] == keys[1])
        #expect(keys[0].item == 3)
    }

    @Test func `a source without one whole clip is an error`() {
        #expect(throws: TrainingError.self) {
            var generator = Draw(seed: 1, step: 2).stream("clip")
            _ = try Ruined().clip(&generator, request)
        }
    }

    @Test func `a mixture draws from all its sources and finds their clips again`() throws {
        let mixed = MixedSource([SquareSource(), SquareSource(hasCaptions: false)])
        var captions = 0
        var identities: [String: Set<[UInt8]>] = [:]
        for index in 0..<60 {
            var generator = Draw(seed: 1, step: 2).stream("clip", index)
            let key = try mixed.draw(&generator, request)
            let clip = try mixed.clip(key, request)
            #expect(clip != nil)
            let again = try mixed.clip(key, request)
            #expect(again == clip)
            identities[mixed.identity(key), default: []].insert(clip?.pictures.bytes ?? [])
            if clip?.caption != nil { captions += 1 }
        }
        #expect((15...45).contains(captions))
        #expect(identities.values.allSatisfy { $0.count == 1 })
    }
}
