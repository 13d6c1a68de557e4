/// The driver of this machine, opened and initialised.
@safe package final class CudaDriver: Sendable {
    let functions: DriverFunctions
    package let description: CudaInventory.Library

    /// Opens a driver and starts it.
    ///
    /// - Throws: `CudaError` if it cannot be opened, lacks a function or finds no device.
    package init(_ path: String) throws(CudaError) {
        let library = try LoadedLibrary(path)
        functions = try DriverFunctions(library)
        let code = functions.initialize(0)
        // CUDA_ERROR_NO_DEVICE; whatever CUDA_VISIBLE_DEVICES hides counts as absent.
        if code == 100 { throw CudaError(.device, "the driver finds no device") }
        try functions.check(code, "cuInit")
        var version: Int32 = 0
        try functions.check(unsafe functions.version(&version), "cuDriverGetVersion")
        description = CudaInventory.Library(
            path: path,
            major: Int(version) / 1000,
            minor: Int(version) % 1000 / 10
        )
    }

    /// All devices that the driver shows.
    package func devices() throws(CudaError) -> [DeviceDescription] {
        var count: Int32 = 0
        try functions.check(unsafe functions.deviceCount(&count), "cuDeviceGetCount")
        var devices: [DeviceDescription] = []
        for index in 0..<max(0, count) { devices.append(try describe(index)) }
        return devices
    }

    /// The driver's own number of a device.
    func number(of index: Int) throws(CudaError) -> Int32 {
        var device: Int32 = 0
        try functions.check(unsafe functions.device(&device, Int32(index)), "cuDeviceGet")
        return device
    }

    private func describe(_ index: Int32) throws(CudaError) -> DeviceDescription {
        let device = try number(of: Int(index))
        var name = [CChar](repeating: 0, count: 128)
        try functions.check(
            unsafe functions.deviceName(&name, Int32(name.count), device),
            "cuDeviceGetName"
        )
        var identifier = [UInt8](repeating: 0, count: 16)
        try functions.check(
            unsafe functions.deviceIdentifier(&identifier, device),
            "cuDeviceGetUuid"
        )
        var memory = 0
        try functions.check(unsafe functions.deviceMemory(&memory, device), "cuDeviceTotalMem")
        let text = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return DeviceDescription(
            index: Int(index),
            name: String(decoding: text, as: UTF8.self),
            identifier: Self.identifierText(identifier),
            capability: try 10 * attribute(.capabilityMajor, device)
                + attribute(.capabilityMinor, device),
            memoryBytes: memory,
            multiprocessors: try attribute(.multiprocessors, device),
            sharedBytes: try attribute(.sharedBytes, device),
            canMapMemory: try attribute(.mapping, device) != 0
        )
    }

    /// Numbers of `CUdevice_attribute`.
    private enum Attribute: Int32 {
        case multiprocessors = 16
        case capabilityMajor = 75
        case capabilityMinor = 76
        case sharedBytes = 97
        case mapping = 102
    }

    private func attribute(_ attribute: Attribute, _ device: Int32) throws(CudaError) -> Int {
        var value: Int32 = 0
        let code = unsafe functions.deviceAttribute(&value, attribute.rawValue, device)
        try functions.check(code, "cuDeviceGetAttribute \(attribute)")
        return Int(value)
    }

    static func identifierText(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        var text = "GPU-"
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }
}
