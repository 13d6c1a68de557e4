import Glibc

/// Makes pictures of high dynamic range into ordinary ones, each pixel by itself.
///
/// Light is absolute, in cd/m²: PQ by SMPTE ST 2084, HLG by ITU-R BT.2100 on a display of 1000
/// cd/m². What is brighter than about 90 rolls off by the curve of ITU-R BT.2390, from 1000 to 203
/// cd/m², the white of an ordinary picture (ITU-R BT.2408); the strongest of the three components
/// decides, so that colours keep their hue. BT.2020 becomes BT.709, what lies outside is cut off,
/// and the result is encoded for a display of gamma 2.4 (ITU-R BT.1886).
package struct ToneMap: Sendable {
    /// How the components of a picture say light.
    package enum Transfer: Hashable, Sendable {
        /// SMPTE ST 2084, the perceptual quantiser.
        case pq
        /// ITU-R BT.2100, hybrid log-gamma.
        case hlg
    }

    package static let sourcePeak = 1000.0
    package static let white = 203.0

    private let transfer: Transfer
    private let isWide: Bool
    /// Light of a component of 16 bits over the peak; of HLG before the display's own curve.
    private let light: [Float]
    /// Of HLG: what the display multiplies by, by the root of the pixel's luminance.
    private let display: [Float]
    /// What the roll-off leaves, over the white, by the root of the strongest component's light
    /// over the peak.
    private let rollOff: [Float]

    private static let pq = ToneMap(.pq, isWide: false)
    private static let widePQ = ToneMap(.pq, isWide: true)
    private static let hlg = ToneMap(.hlg, isWide: false)
    private static let wideHLG = ToneMap(.hlg, isWide: true)
    /// The least light over the white of each code from 1 to 255.
    private static let thresholds: [Float] = (1...255).map { code in
        Float(pow((Double(code) - 0.5) / 255, 2.4))
    }
    private static let last = 65_535

    /// The map of a transfer function, with tables that are made once.
    ///
    /// - Parameters:
    ///   - transfer: Of the pictures.
    ///   - isWide: Whether their primaries are BT.2020's, not BT.709's.
    /// - Returns: The same for the same arguments.
    package static func of(_ transfer: Transfer, isWide: Bool) -> ToneMap {
        switch transfer {
        case .pq: isWide ? widePQ : pq
        case .hlg: isWide ? wideHLG : hlg
        }
    }

    private init(_ transfer: Transfer, isWide: Bool) {
        self.transfer = transfer
        self.isWide = isWide
        let shares = (0...Self.last).map { Double($0) / Double(Self.last) }
        switch transfer {
        case .pq:
            light = shares.map { Float(min(Self.pqLight($0) / Self.sourcePeak, 1)) }
            display = []
        case .hlg:
            light = shares.map { Float(Self.hlgLight($0)) }
            display = shares.map { Float(pow($0 * $0, 0.2)) }
        }
        rollOff = shares.map { root in
            let light = root * root * Self.sourcePeak
            return light > 0
                ? Float(Self.rolledOff(light) / light * Self.sourcePeak / Self.white) : 1
        }
    }

    /// The codes of 8 bits for a pixel of 16.
    package func map(_ red: UInt16, _ green: UInt16, _ blue: UInt16) -> (UInt8, UInt8, UInt8) {
        var (r, g, b) = (light[Int(red)], light[Int(green)], light[Int(blue)])
        if transfer == .hlg {
            let luminance = 0.2627 * r + 0.6780 * g + 0.0593 * b
            let gain = display[Self.index(luminance)]
            (r, g, b) = (r * gain, g * gain, b * gain)
        }
        let gain = rollOff[Self.index(max(r, g, b))]
        (r, g, b) = (r * gain, g * gain, b * gain)
        if isWide {
            (r, g, b) = (
                1.6605 * r - 0.5876 * g - 0.0728 * b, -0.1246 * r + 1.1329 * g - 0.0083 * b,
                -0.0182 * r - 0.1006 * g + 1.1187 * b
            )
        }
        return (Self.code(r), Self.code(g), Self.code(b))
    }

    private static func index(_ light: Float) -> Int {
        min(Int(max(light, 0).squareRoot() * Float(last) + 0.5), last)
    }

    /// The code whose light is nearest: how many thresholds lie at or below it.
    private static func code(_ light: Float) -> UInt8 {
        var (low, high) = (0, thresholds.count)
        while low < high {
            let middle = (low + high) / 2
            if thresholds[middle] <= light { low = middle + 1 } else { high = middle }
        }
        return UInt8(low)
    }

    // MARK: Curves

    private static let m1 = 2610.0 / 16_384
    private static let m2 = 2523.0 / 32
    private static let c1 = 3424.0 / 4096
    private static let c2 = 2413.0 / 128
    private static let c3 = 2392.0 / 128

    /// Light of a PQ signal from 0 to 1, in cd/m².
    package static func pqLight(_ signal: Double) -> Double {
        let root = pow(signal, 1 / m2)
        return 10_000 * pow(max(root - c1, 0) / (c2 - c3 * root), 1 / m1)
    }

    /// The PQ signal of light in cd/m².
    package static func pqSignal(_ light: Double) -> Double {
        let power = pow(max(light, 0) / 10_000, m1)
        return pow((c1 + c2 * power) / (1 + c3 * power), m2)
    }

    /// Scene light of an HLG signal, both from 0 to 1.
    package static func hlgLight(_ signal: Double) -> Double {
        let a = 0.178_832_77
        let b = 1 - 4 * a
        let c = 0.5 - a * log(4 * a)
        return signal <= 0.5 ? signal * signal / 3 : (exp((signal - c) / a) + b) / 12
    }

    /// The roll-off of BT.2390 from the source's peak to white, in cd/m².
    package static func rolledOff(_ light: Double) -> Double {
        let peak = pqSignal(sourcePeak)
        let most = pqSignal(white) / peak
        let knee = 1.5 * most - 0.5
        let signal = min(pqSignal(light) / peak, 1)
        guard signal > knee else { return light }
        let t = (signal - knee) / (1 - knee)
        let (t2, t3) = (t * t, t * t * t)
        let bent =
            (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (3 * t2 - 2 * t3) * most
        return pqLight(bent * peak)
    }
}
