import ArgumentParser
import Cuda
import Foundation
import Tensors

/// What the local workers of a render compute on.
struct LocalDeviceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            What local workers compute on: cpu, cuda:INDEX, cuda:GPU-UUID, several after commas or \
            given again; auto for all devices of CUDA that weft computes on, else cpu; cpu unless \
            given. CUDA_VISIBLE_DEVICES decides which there are.
            """,
            valueName: "device"
        )
    )
    var device: [NameList<DeviceChoice>] = []

    @Option(help: ArgumentHelp(ComputeOptions.precisionHelp))
    var precision = CudaPrecision.float16

    @Option(help: "Local worker processes, dealt out over the devices; one for each unless given.")
    var workers: Int?

    @Option(
        help: """
            Threads of each local worker on the processor; the processor's, shared out, unless \
            given.
            """
    )
    var threads: Int?

    @Option(help: ArgumentHelp(ProductChoice.help))
    var products: ProductChoice?

    @Flag(help: ArgumentHelp(DeviceOptions.exactHelp))
    var exact = false

    func validate() throws {
        if let workers, !(1...256).contains(workers) {
            throw ValidationError("--workers: expected 1 to 256, found \(workers)")
        }
        try ProcessorOptions.check(threads: threads)
        let choices = device.flatMap(\.values)
        for choice in choices.isEmpty ? [.cpu] : choices {
            try products?.validate(on: choice)
        }
        guard !choices.isEmpty, choices.allSatisfy(\.isOfCUDA) else { return }
        for (option, isGiven) in [("--threads", threads != nil), ("--exact", exact)] where isGiven {
            throw ValidationError("\(option): it is the processor's, which computes nothing here")
        }
    }

    /// The first of these options that was given, by its name.
    var firstGiven: String? {
        let given = [
            ("--device", !device.isEmpty), ("--workers", workers != nil),
            ("--threads", threads != nil), ("--products", products != nil), ("--exact", exact),
        ]
        return given.first { $0.1 }?.0
    }

    /// Finds the devices, without starting them.
    ///
    /// - Throws: `Failure` that says why one cannot be used, or that there are too few workers.
    func resolved() throws -> LocalDevices {
        let choices = device.flatMap(\.values)
        let devices: [DeviceChoice]
        do throws(CudaError) {
            devices = try DeviceChoice.devices(of: choices.isEmpty ? [.cpu] : choices) {
                CudaPlatform.open(.system).inventory
            }
        } catch {
            throw Failure(error.reason == .misuse ? .usage : .unavailable, "--device \(error)")
        }
        // `auto` has become what there is.
        for device in devices { try products?.check(on: device) }
        let count = workers ?? devices.count
        guard count >= devices.count else {
            throw Failure(
                .usage,
                "--workers: expected at least 1 for each of \(devices.count) devices, found \(count)"
            )
        }
        return LocalDevices(
            devices: devices,
            workers: (0..<count).map { devices[$0 % devices.count] },
            options: self
        )
    }
}

/// The devices of a render on this machine, and which worker computes on which.
struct LocalDevices {
    let devices: [DeviceChoice]
    /// One for each worker process.
    let workers: [DeviceChoice]
    let options: LocalDeviceOptions

    /// What each worker is told beside where its farm is.
    var workerArguments: [[String]] {
        let processors = max(1, ProcessInfo.processInfo.activeProcessorCount)
        let sharing = max(1, workers.count { $0 == .cpu })
        let threads = options.threads ?? max(1, processors / sharing)
        return workers.map { device in
            let chosen =
                device == .cpu
                ? ["--threads", "\(threads)"] + (options.exact ? ["--exact"] : [])
                : ["--device", "\(device)", "--precision", options.precision.rawValue]
            return chosen + (options.products?.arguments ?? [])
        }
    }

    /// Starts the first device in this process, for what the workers do not compute.
    func makeBackend() throws -> any Backend {
        try ComputingDevice(
            devices[0],
            options.precision,
            options.products
        ) { products in
            CPUConfiguration(threads: options.threads, products: products, isExact: options.exact)
        }.backend
    }
}
