import ArgumentParser
import Cuda
import Tensors

extension CudaPrecision: ExpressibleByArgument {}

extension DeviceChoice: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}

/// Which device computes: the processor with its options, or one of CUDA.
struct ComputeOptions: ParsableArguments {
    @Option(help: ArgumentHelp(ComputeOptions.deviceHelp, valueName: "device"))
    var device = DeviceChoice.cpu

    @Option(help: ArgumentHelp(ComputeOptions.precisionHelp))
    var precision = CudaPrecision.float16

    @OptionGroup var processor: DeviceOptions

    static let deviceHelp = """
        What computes: cpu, cuda:INDEX, cuda:GPU-UUID, or auto for the largest device of CUDA that \
        weft computes on, else cpu. CUDA_VISIBLE_DEVICES decides which there are.
        """
    static let precisionHelp = """
        How a device of CUDA keeps values; sums are float32 in all, and float32 has no tensor cores.
        """

    /// Starts the device.
    ///
    /// - Throws: `Failure` that says why a device of CUDA cannot be used.
    func makeDevice() throws -> ComputingDevice {
        try ComputingDevice(device, precision, processor.configuration)
    }

    func makeBackend() throws -> any MeasurableBackend { try makeDevice().backend }
}

/// A device that was started, and the name of those that give the same bits.
struct ComputingDevice {
    let backend: any MeasurableBackend & DifferentiableBackend
    let deviceClass: String
    /// What it is held to by the suites of operations and of gradients.
    let terms: ConformanceReport.Terms

    /// Starts the device of a choice.
    ///
    /// - Throws: `Failure` that says why it cannot be used.
    init(
        _ choice: DeviceChoice,
        _ precision: CudaPrecision,
        _ processor: CPUConfiguration
    ) throws {
        // Who wants the processor does not wait for a driver.
        if choice != .cpu, let device = try Self.cuda(choice, precision) {
            backend = device
            deviceClass = device.deviceClass
            terms = precision.conformanceTerms
            return
        }
        backend = CPUBackend(processor)
        deviceClass = processor.deviceClass
        terms = ConformanceReport.Terms()
    }

    /// The device that a choice means now, by its identifier, without starting it.
    ///
    /// - Throws: `Failure` that says why it cannot be used.
    static func resolved(_ choice: DeviceChoice) throws -> DeviceChoice {
        guard choice != .cpu else { return .cpu }
        do throws(CudaError) {
            let inventory = CudaPlatform.open(.system).inventory
            let device = try choice.device(in: inventory)
            return device.map { .cudaIdentifier($0.identifier) } ?? .cpu
        } catch {
            throw Failure(.unavailable, "--device \(error)")
        }
    }

    private static func cuda(
        _ choice: DeviceChoice,
        _ precision: CudaPrecision
    ) throws -> CudaBackend? {
        let (inventory, platform) = CudaPlatform.open(.system)
        do throws(CudaError) {
            guard let device = try choice.device(in: inventory), let platform else { return nil }
            return try CudaBackend(platform, device, precision: precision, cache: cache)
        } catch {
            throw Failure(.unavailable, "--device \(error)")
        }
    }

    /// Compiled kernels are the user's, and may go at any time.
    private static var cache: KernelCache? {
        let folder =
            Environment.value("XDG_CACHE_HOME")
            ?? Environment.value("HOME").map { "\($0)/.cache" }
        return folder.map { KernelCache(folder: "\($0)/weft/cuda") }
    }
}
