import Diffusion
import Tensors
import TestSupport
import Testing

struct WindowFileTests {
    static func plan() throws -> WindowPlan {
        try WindowPlan(frameCount: 20, length: 8, overlap: 2)
    }

    /// Writes tensors and reads them as the windows of the plan.
    static func read(
        _ tensors: [String: HostTensor],
        integers: [String: (values: [Int64], shape: Shape)] = [:]
    ) throws -> [HostTensor] {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let path = folder("windows.safetensors")
        try SafetensorsFile.write(tensors, integers: integers, to: path)
        return try WindowFile(SafetensorsFile.open(path), plan: plan()).latents()
    }

    static var windows: [String: HostTensor] {
        [
            "window.0": randomTensor([8, 2, 3, 1], seed: 0),
            "window.1": randomTensor([8, 2, 3, 1], seed: 1),
            "window.2": randomTensor([8, 2, 3, 1], seed: 2),
        ]
    }

    @Test func readsWindowsInOrder() throws {
        let expected = Self.windows
        let found = try Self.read(expected)
        #expect(found.count == 3)
        for (index, window) in found.enumerated() {
            #expect(window == expected["window.\(index)"])
        }
    }

    @Test func refusesMissingWindow() throws {
        var tensors = Self.windows
        tensors["window.1"] = nil
        let error = #expect(throws: StitchError.self) { try Self.read(tensors) }
        #expect(error?.code == .windows)
        #expect(error?.description.hasPrefix("window.1: missing from") == true)
    }

    @Test(arguments: [[7, 2, 3, 1], [8, 2, 4, 1], [8, 6], []] as [Shape])
    func refusesWindowOfAnotherShape(shape: Shape) throws {
        var tensors = Self.windows
        tensors["window.2"] = randomTensor(shape, seed: 3)
        let error = #expect(throws: StitchError.self) { try Self.read(tensors) }
        #expect(error?.description.hasPrefix("window.2: expected [8, 2, 3, 1], found") == true)
    }

    @Test func refusesScalarsAsWindows() throws {
        let scalars = ["window.0", "window.1", "window.2"].map { ($0, HostTensor([1], [])) }
        #expect(throws: StitchError.self) {
            try Self.read(Dictionary(uniqueKeysWithValues: scalars))
        }
    }

    @Test(arguments: [Float.nan, .infinity])
    func refusesValuesThatAreNotFinite(value: Float) throws {
        var tensors = Self.windows
        tensors["window.1"]?.values[5] = value
        let error = #expect(throws: StitchError.self) { try Self.read(tensors) }
        #expect(error?.description == "window.1: holds values that are not finite")
    }

    @Test func refusesStrangers() throws {
        var tensors = Self.windows
        tensors["window.3"] = randomTensor([8, 2, 3, 1], seed: 3)
        let error = #expect(throws: StitchError.self) { try Self.read(tensors) }
        #expect(error?.description.hasPrefix("window.3: not one of the 3 windows") == true)
    }

    @Test func refusesIntegers() throws {
        var tensors = Self.windows
        tensors["window.0"] = nil
        let whole = (values: [Int64](repeating: 1, count: 48), shape: Shape([8, 2, 3, 1]))
        let error = #expect(throws: StitchError.self) {
            try Self.read(tensors, integers: ["window.0": whole])
        }
        #expect(error?.description.contains("floating-point") == true)
    }
}
