/// A picture of a scene and what is known of it; all arrays go row by row from the top.
package struct SceneFrame: Hashable, Sendable {
    package let width: Int
    package let height: Int
    /// sRGB, `[height, width, 3]`; empty if not asked for.
    package internal(set) var pixels: [UInt8]
    /// Of what is seen at the pixels' centres, along the camera's axis, in the world's units; the
    /// sky is at `Stage.farDepth`, 1000.
    package internal(set) var depth: [Float]
    /// What is at the pixels' centres: an object's number from 1, 0 for the ground,
    /// `SceneFrame.wall` or `SceneFrame.sky`.
    package internal(set) var surfaces: [UInt8]
    /// `[height, width, 2]`: by how many pixels, to the right and down, the point of the surface
    /// at the pixel's centre is elsewhere in the next frame; empty if not asked for.
    package internal(set) var flow: [Float]
    /// 1 where that point is seen in the next frame, 0 where it is hidden or outside; empty if not
    /// asked for.
    package internal(set) var visibility: [UInt8]

    init(width: Int, height: Int, _ parts: SceneParts) {
        let count = width * height
        self.width = width
        self.height = height
        depth = [Float](repeating: 0, count: count)
        surfaces = [UInt8](repeating: 0, count: count)
        pixels = parts.contains(.picture) ? [UInt8](repeating: 0, count: count * 3) : []
        flow = parts.contains(.flow) ? [Float](repeating: 0, count: count * 2) : []
        visibility = parts.contains(.flow) ? [UInt8](repeating: 0, count: count) : []
    }

    package static let wall: UInt8 = 254
    package static let sky: UInt8 = 255

    /// Which object is at the pixels' centres: its number from 1, 0 for everything else.
    package var masks: [UInt8] { surfaces.map { $0 < Self.wall ? $0 : 0 } }

    /// 1 / depth: what depth estimators tell up to scale and shift.
    package var inverseDepth: [Float] { depth.map { 1 / $0 } }
}
