import Coordinator
import Scheduling
import Testing
import WireProtocol

struct DeviceCalibrationsTests {
    /// Calibrations whose classes were asked.
    private func asked(
        _ classes: [String],
        _ deviations: [DeviceDeviation] = []
    ) -> DeviceCalibrations {
        var calibrations = DeviceCalibrations(deviations)
        for name in classes {
            let isAsked = calibrations.isToAsk(name)
            #expect(isAsked)
        }
        return calibrations
    }

    @Test func `a class is asked until it has answered, but not for ever`() {
        var calibrations = asked(["cpu"])
        let alone = calibrations.add([1, 2], of: "cpu")
        #expect(alone.isEmpty)
        let isAskedAgain = calibrations.isToAsk("cpu")
        #expect(!isAskedAgain)
        let again = (0..<10).map { _ in calibrations.isToAsk("cuda") }
        #expect(again == [true, true, true] + Array(repeating: false, count: 7))
        // Names that a worker makes up all the time take no more room than this.
        let many = (0..<100).count { calibrations.isToAsk("class \($0)") }
        #expect(many == WireLimits.deviceClasses - 2)
    }

    @Test func `every pair is compared once, in the order of names`() {
        var calibrations = asked(["cuda", "cpu", "a"])
        _ = calibrations.add([1, -1, 1, -1], of: "cuda")
        let first = calibrations.add([1, -1, 1, -3], of: "cpu")
        // D is 1, the variances are 1 and 2.75.
        #expect(first == [DeviceDeviation("cpu", "cuda", ratio: 1 / 3.75)])
        #expect(first[0].first == "cpu" && first[0].second == "cuda")
        let again = calibrations.add([9, 9, 9, 9], of: "cpu")
        #expect(again.isEmpty)
        let second = calibrations.add([1, -1, 1, -1], of: "a")
        #expect(Set(second.map(\.second)) == ["cpu", "cuda"])
        #expect(calibrations.deviations.map(\.first) == ["a", "a", "cpu"])
        #expect(calibrations.deviations[1].ratio == 0)
    }

    @Test func `what was not asked for, or is of another input, is not compared`() {
        #expect(DeviceCalibrations.ratio([1], [1, 2]) == nil)
        #expect(DeviceCalibrations.ratio([], []) == nil)
        #expect(DeviceCalibrations.ratio([1, 1], [2, 2]) == Double(Float.greatestFiniteMagnitude))
        var calibrations = asked(["cpu", "cuda", "other"])
        _ = calibrations.add([1, 2], of: "cpu")
        let longer = calibrations.add([1, 2, 3], of: "cuda")
        #expect(longer.isEmpty)
        let nothing = calibrations.add([], of: "other")
        #expect(nothing.isEmpty)
        let unasked = calibrations.add([1, 3], of: "stranger")
        #expect(unasked.isEmpty)
        #expect(calibrations.deviations.isEmpty)
    }

    /// A job that is opened again compares the same, and what is known stays known.
    @Test func `values go with the job's end, findings do not`() {
        var calibrations = asked(["cpu"], [DeviceDeviation("cuda", "cpu", ratio: 0.5)])
        #expect(calibrations.deviations == [DeviceDeviation("cpu", "cuda", ratio: 0.5)])
        _ = calibrations.add([1, -1], of: "cpu")
        calibrations.forgetValues()
        let isCPUAsked = calibrations.isToAsk("cpu")
        let isCUDAAsked = calibrations.isToAsk("cuda")
        #expect(isCPUAsked && isCUDAAsked)
        _ = calibrations.add([1, -1], of: "cpu")
        _ = calibrations.add([1, -1], of: "cuda")
        #expect(calibrations.deviations == [DeviceDeviation("cpu", "cuda", ratio: 0)])
    }

    @Test func `connected workers are of one class or of several`() {
        var devices = ConnectedDevices()
        let (a, b, c) = (WorkerID("a"), WorkerID("b"), WorkerID("c"))
        #expect(!devices.hasOther(than: "cpu"))
        (devices[a], devices[b]) = ("cpu", "cpu")
        #expect(!devices.hasOther(than: "cpu") && devices.hasOther(than: "cuda"))
        devices[c] = "cuda"
        #expect(devices.hasOther(than: "cpu") && devices.hasOther(than: "cuda"))
        // Introduced again, as another.
        devices[c] = "cpu"
        #expect(devices[c] == "cpu" && !devices.hasOther(than: "cpu"))
        (devices[a], devices[b], devices[c]) = (nil, nil, nil)
        #expect(devices == ConnectedDevices())
    }
}
