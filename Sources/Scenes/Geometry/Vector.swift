/// A point, a direction, or a colour in linear light.
package typealias Vector = SIMD3<Float>

@inline(__always)
func dot(_ a: Vector, _ b: Vector) -> Float { a.x * b.x + a.y * b.y + a.z * b.z }

@inline(__always)
func length(_ a: Vector) -> Float { dot(a, a).squareRoot() }

@inline(__always)
func normalized(_ a: Vector) -> Vector { a * (1 / length(a)) }

@inline(__always)
func cross(_ a: Vector, _ b: Vector) -> Vector {
    Vector(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

@inline(__always)
func mix(_ a: Vector, _ b: Vector, _ weight: Float) -> Vector { a + (b - a) * weight }

/// The length of a pair.
@inline(__always)
func length(_ x: Float, _ y: Float) -> Float { (x * x + y * y).squareRoot() }

/// A rotation: the images of the three axes.
package struct Rotation: Hashable, Sendable {
    package var x: Vector
    package var y: Vector
    package var z: Vector

    package static let identity = Rotation(
        x: Vector(1, 0, 0),
        y: Vector(0, 1, 0),
        z: Vector(0, 0, 1)
    )

    package init(x: Vector, y: Vector, z: Vector) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// By an angle in radians, counterclockwise about a unit axis.
    package init(about axis: Vector, by angle: Double) {
        let (sine, cosine) = ScalarMath.sineAndCosine(angle)
        let (s, c) = (Float(sine), Float(cosine))
        func turned(_ v: Vector) -> Vector {
            v * c + cross(axis, v) * s + axis * (dot(axis, v) * (1 - c))
        }
        self.init(
            x: turned(Vector(1, 0, 0)),
            y: turned(Vector(0, 1, 0)),
            z: turned(Vector(0, 0, 1))
        )
    }

    @inline(__always)
    package func callAsFunction(_ v: Vector) -> Vector { x * v.x + y * v.y + z * v.z }

    /// The rotation back.
    @inline(__always)
    package func inverse(_ v: Vector) -> Vector { Vector(dot(x, v), dot(y, v), dot(z, v)) }

    /// This rotation after another.
    package func after(_ first: Rotation) -> Rotation {
        Rotation(x: self(first.x), y: self(first.y), z: self(first.z))
    }
}
