package import Pipelines
package import Scenes
package import Tensors

/// A scene's clip and what is true of it.
package struct SceneCase: Sendable {
    package let description: SceneDescription
    package let pictures: Pictures
    /// `[F, H, W]`, exact.
    package let inverseDepth: HostTensor
    /// `[F, H, W, 2]`, exact, to the next frame.
    package let flow: HostTensor
    /// `[F, H, W]`, 1 where the flow's point is seen in the next frame.
    package let visibility: HostTensor
    /// Each frame's masks: objects' numbers from 1.
    private let masks: [[UInt8]]

    /// Renders a scene.
    ///
    /// - Parameters:
    ///   - description: The scene.
    ///   - frames: Which of its frames.
    ///   - settings: Of the pictures.
    package init(_ description: SceneDescription, frames: Range<Int>, _ settings: SceneSettings) {
        let clip = SceneClip(description, settings)
        var bytes: [UInt8] = []
        var depth: [Float] = []
        var flow: [Float] = []
        var visibility: [Float] = []
        var masks: [[UInt8]] = []
        for index in frames {
            let frame = clip.frame(index)
            bytes += frame.pixels
            depth += frame.inverseDepth
            flow += frame.flow
            visibility += frame.visibility.map { Float($0) }
            masks.append(frame.masks)
        }
        let shape = Shape([frames.count, settings.height, settings.width])
        self.description = description
        pictures = Pictures(
            count: frames.count,
            height: settings.height,
            width: settings.width,
            bytes: bytes
        )
        inverseDepth = HostTensor(depth, shape)
        self.flow = HostTensor(flow, Shape(shape.dimensions + [2]))
        self.visibility = HostTensor(visibility, shape)
        self.masks = masks
    }

    package var frameCount: Int { pictures.count }
    package var middle: Int { frameCount / 2 }

    /// At most `count` frames, evenly spread.
    package func frames(atMost count: Int) -> [Int] {
        Self.frames(atMost: count, of: frameCount)
    }

    /// At most `count` of a clip's frames, evenly spread.
    package static func frames(atMost count: Int, of frameCount: Int) -> [Int] {
        let shown = min(count, frameCount)
        return (0..<shown).map { (2 * $0 + 1) * frameCount / (2 * shown) }
    }

    /// Where the subject is, without a rim that other things may shine into; all of it if nothing
    /// else is left.
    package func subject(_ frame: Int) -> RegionMask {
        let whole = mask(frame) { $0 == 1 }
        let inner = whole.eroded(by: max(1, min(pictures.width, pictures.height) / 64))
        return inner.count > 0 ? inner : whole
    }

    /// Where the objects are and what is near them.
    package func surroundings(_ frame: Int) -> RegionMask {
        mask(frame) { $0 > 0 }.dilated(by: max(1, min(pictures.width, pictures.height) / 16))
    }

    private func mask(_ frame: Int, _ isInside: (UInt8) -> Bool) -> RegionMask {
        RegionMask(
            width: pictures.width,
            height: pictures.height,
            values: masks[frame].map(isInside)
        )
    }

    /// The first `count` scenes from a seed on whose subject takes at least a fiftieth of the first
    /// and of the last frame.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - seed: Where to begin.
    ///   - frames: Of a clip.
    ///   - settings: Of its pictures.
    ///   - change: What is done to each scene before it is looked at.
    /// - Returns: As many scenes.
    package static func descriptions(
        _ count: Int,
        from seed: UInt64,
        frames: Int,
        _ settings: SceneSettings,
        change: (inout SceneDescription) -> Void = { _ in }
    ) -> [SceneDescription] {
        var result: [SceneDescription] = []
        var next = seed
        while result.count < count {
            var scene = SceneDescription(seed: next)
            change(&scene)
            let clip = SceneClip(scene, settings)
            let isSeen = [0, frames - 1].allSatisfy { index in
                let surfaces = clip.frame(index, []).surfaces
                return surfaces.count { $0 == 1 } * 50 >= surfaces.count
            }
            if isSeen { result.append(scene) }
            next &+= 1
        }
        return result
    }
}
