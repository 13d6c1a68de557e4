import Pipelines
import Tensors
import Training

/// Squares of four colours that move over grey, with captions and depth: little to learn, quickly
/// made.
struct SquareSource: ClipSource {
    private static let colours: [(name: String, rgb: [UInt8])] = [
        ("red", [220, 40, 40]), ("green", [40, 200, 60]), ("blue", [40, 60, 220]),
        ("white", [240, 240, 240]),
    ]
    var hasCaptions = true
    var hasDepth = true
    var hasTwins = false

    func draw(_ generator: inout KeyedGenerator, _ request: ClipRequest) -> ClipKey {
        ClipKey(
            item: generator.integer(below: Self.colours.count),
            variation: generator.integer(below: 16)
        )
    }

    /// Where there is one: a picture of the colour alone.
    func twin(_ key: ClipKey, _ request: ClipRequest) -> Pictures? {
        guard hasTwins else { return nil }
        let (width, height) = (request.width, request.height)
        let row = [[UInt8]](repeating: Self.colours[key.item].rgb, count: width * height)
        return Pictures(count: 1, height: height, width: width, bytes: row.flatMap { $0 })
    }

    func identity(_ key: ClipKey) -> String { "square \(key.item) \(key.variation)" }

    func clip(_ key: ClipKey, _ request: ClipRequest) -> TrainingClip? {
        let (width, height) = (request.width, request.height)
        let colour = Self.colours[key.item]
        let side = min(width, height) / 2
        var bytes: [UInt8] = []
        var depth: [Float] = []
        for frame in 0..<request.frames {
            let x = (key.variation % 4 * width / 8 + frame * request.stride) % (width - side + 1)
            let y = key.variation / 4 * height / 8
            for row in 0..<height {
                for column in 0..<width {
                    let isInside =
                        (x..<x + side).contains(column) && (y..<y + side).contains(row)
                    bytes += isInside ? colour.rgb : [90, 90, 90]
                    depth.append(isInside ? 1 : 0.2 + 0.3 * Float(row) / Float(height))
                }
            }
        }
        return TrainingClip(
            pictures: Pictures(
                count: request.frames,
                height: height,
                width: width,
                bytes: bytes
            ),
            caption: hasCaptions ? "a \(colour.name) square" : nil,
            depth: hasDepth ? HostTensor(depth, [request.frames, height, width]) : nil
        )
    }
}
