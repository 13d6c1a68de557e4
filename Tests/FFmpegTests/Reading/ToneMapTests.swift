import FFmpeg
import Foundation
import TestSupport
import Testing

struct ToneMapTests {
    private func signal16(_ signal: Double) -> UInt16 { UInt16((signal * 65_535).rounded()) }

    private func grey(_ map: ToneMap, _ signal: Double) -> UInt8 {
        let value = signal16(signal)
        let (red, green, blue) = map.map(value, value, value)
        #expect(abs(Int(red) - Int(green)) <= 1 && abs(Int(green) - Int(blue)) <= 1)
        return green
    }

    /// The numbers of ITU-R BT.2408, table 1, and of the standards' own definitions.
    @Test func `the curves are those of the standards`() {
        #expect(abs(ToneMap.pqSignal(203) - 0.58) < 0.001)
        #expect(abs(ToneMap.pqSignal(1000) - 0.7518) < 0.0001)
        #expect(abs(ToneMap.pqSignal(100) - 0.5081) < 0.0001)
        #expect(abs(ToneMap.pqLight(1) - 10_000) < 1e-6 && ToneMap.pqLight(0) == 0)
        for light in [0.01, 1, 58, 203, 4000] {
            #expect(abs(ToneMap.pqLight(ToneMap.pqSignal(light)) / light - 1) < 1e-9)
        }
        #expect(abs(ToneMap.hlgLight(0.5) - 1.0 / 12) < 1e-9)
        #expect(abs(ToneMap.hlgLight(1) - 1) < 1e-6)
        // HLG's 75 % is the white of 203 cd/m2 on a display of 1000.
        #expect(abs(1000 * pow(ToneMap.hlgLight(0.75), 1.2) - 203) < 1)
        #expect(ToneMap.rolledOff(50) == 50)
        #expect(abs(ToneMap.rolledOff(1000) - 203) < 1e-6)
        #expect(ToneMap.rolledOff(4000) <= 203 + 1e-6)
    }

    @Test func `light becomes what an ordinary display shows of it`() {
        let pq = ToneMap.of(.pq, isWide: true)
        let hlg = ToneMap.of(.hlg, isWide: true)
        #expect(grey(pq, 0) == 0 && grey(hlg, 0) == 0)
        #expect(grey(pq, 1) == 255 && grey(hlg, 1) == 255)
        // Below the knee light is kept: 40 of 203 cd/m2, by gamma 2.4.
        let dark = UInt8((255 * pow(40.0 / 203, 1 / 2.4)).rounded())
        #expect(abs(Int(grey(pq, ToneMap.pqSignal(40))) - Int(dark)) <= 1)
        // The same light gives the same code, however it was said.
        for signal in stride(from: 0.05, through: 1, by: 0.05) {
            let light = 1000 * pow(ToneMap.hlgLight(signal), 1.2)
            let codes = (grey(hlg, signal), grey(pq, ToneMap.pqSignal(light)))
            #expect(abs(Int(codes.0) - Int(codes.1)) <= 1, "\(signal): \(codes)")
        }
        var before: UInt8 = 0
        for step in 0...1000 {
            let code = grey(pq, Double(step) / 1000)
            #expect(code >= before)
            before = code
        }
    }

    @Test func `wide colours lose their width and nothing else`() {
        let half = signal16(ToneMap.pqSignal(60))
        let narrow = ToneMap.of(.pq, isWide: false).map(half, 0, 0)
        #expect(narrow.0 > 100 && narrow.1 == 0 && narrow.2 == 0)
        let wide = ToneMap.of(.pq, isWide: true).map(half, 0, 0)
        #expect(wide.0 > narrow.0 && wide.1 == 0 && wide.2 == 0)
    }

    /// A movie of raw pixels that says how they are meant: primaries, transfer and matrix by their
    /// numbers.
    @Test(arguments: [(9, 16, 148), (9, 18, 191), (1, 1, 148)])
    func `a file that says so is mapped`(primaries: Int, transfer: Int, value: Int) throws {
        let folder = try TemporaryFolder()
        let bytes = SyntheticMedia.movie(
            width: 16,
            height: 16,
            timescale: 25,
            frameTicks: [1, 1],
            value: UInt8(value),
            colour: (primaries, transfer)
        )
        let path = try folder.write(bytes, to: "in.mov")
        let frames = try readAll(path, width: 16, height: 16)
        #expect(frames.count == 2)
        let codes = Set(frames.flatMap(\.pixels))
        // About 203 cd/m2, the white of ordinary pictures, which leaves room for what is brighter.
        let expected = transfer == 1 ? 148 : 229
        #expect(codes.allSatisfy { abs(Int($0) - expected) <= 2 }, "\(codes)")
        let still = try StillImage.read(path, sideMax: 16)
        #expect(Set(still.pixels) == codes)
    }
}
