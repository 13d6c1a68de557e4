/// What a surface is like at a point.
struct SurfaceSample {
    /// Reflected share of linear red, green and blue.
    var albedo: Vector
    /// To be added to the unit normal before it is normalised again.
    var bump = Vector.zero
    /// 0 is a mirror, 1 is chalk.
    var roughness: Float = 0.9
    /// Reflected share of light from straight ahead.
    var reflectance: Float = 0.04
    /// Whether it reflects in its own colour and has no other.
    var isMetal = false
    /// How much brighter it gets where one looks along it, as fibres do.
    var sheen: Float = 0
}
