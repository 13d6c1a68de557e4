import Cuda
import Testing

struct KernelTargetTests {
    private let supported = [52, 75, 80, 86, 89, 90, 100]

    @Test(arguments: [(80, 80), (86, 86), (87, 86), (89, 89), (90, 90), (103, 100)])
    func `machine code is of the same major version`(_ capability: Int, _ expected: Int) {
        #expect(
            KernelTarget(for: capability, supported: supported) == .machineCode(expected)
        )
    }

    @Test func `newer devices get portable code, older ones none`() {
        #expect(KernelTarget(for: 120, supported: supported) == .portable(100))
        #expect(KernelTarget(for: 120, supported: [80, 90]) == .portable(90))
        #expect(KernelTarget(for: 75, supported: supported) == nil)
        #expect(KernelTarget(for: 80, supported: [86, 90]) == nil)
    }
}
