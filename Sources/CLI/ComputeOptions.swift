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

    @OptionGroup var processor: ProcessorOptions

    @Option(help: ArgumentHelp(ProductChoice.help))
    var products: ProductChoice?

    static let deviceHelp = """
        What computes: cpu, cuda:INDEX, cuda:GPU-UUID, or auto for the largest device of CUDA that \
        weft computes on, else cpu. CUDA_VISIBLE_DEVICES decides which there are.
        """
    static let precisionHelp = """
        How a device of CUDA keeps values; sums are float32 in all, and float32 has no tensor \
        cores. tf32 keeps float32 and rounds what it multiplies to ten bits.
        """

    func validate() throws {
        try products?.validate(on: device)
        guard device.isOfCUDA, let option = processor.firstGiven else { return }
        throw ValidationError("\(option): it is the processor's, and \(device) computes")
    }

    /// These options as another process is given them; the processor's go only to the processor.
    var arguments: [String] {
        ["--device", "\(device)", "--precision", precision.rawValue]
            + (products?.arguments ?? [])
            + (device.isOfCUDA ? [] : processor.arguments)
    }

    /// Starts the device.
    ///
    /// - Throws: `Failure` that says why a device of CUDA cannot be used.
    func makeDevice() throws -> ComputingDevice {
        try makeDevice(products)
    }

    /// The same device with these products.
    func makeDevice(_ products: ProductChoice?) throws -> ComputingDevice {
        try ComputingDevice(device, precision, products, processor.configuration)
    }

    func makeBackend() throws -> any MeasurableBackend { try makeDevice().backend }
}

/// Who multiplies matrices, on whatever computes.
enum ProductChoice: String, CaseIterable, ExpressibleByArgument {
    case tiles
    case openBLAS = "openblas"
    case cublasLt = "cublaslt"

    static let help = """
        Who multiplies matrices: weft's own tiles; on the processor also OpenBLAS; on a device of \
        CUDA also cuBLASLt, for what is one product and its bias. Results have other last digits.
        """

    /// Whether this multiplies on a device of CUDA, and on the processor.
    private var places: (cuda: Bool, processor: Bool) {
        switch self {
        case .tiles: (true, true)
        case .openBLAS: (false, true)
        case .cublasLt: (true, false)
        }
    }

    /// - Throws: `Failure` that names the option if this is for other devices.
    func check(on device: DeviceChoice, as option: String = "--products") throws(Failure) {
        if device == .cpu, !places.processor {
            throw Failure(
                .usage,
                "\(option): \(rawValue) multiplies on devices of CUDA; the processor has tiles "
                    + "and openblas"
            )
        }
        if device != .cpu, device != .automatic, !places.cuda {
            throw Failure(
                .usage,
                "\(option): \(rawValue) multiplies on the processor; devices of CUDA have tiles "
                    + "and cublaslt"
            )
        }
    }

    /// The same where arguments are read.
    func validate(on device: DeviceChoice, as option: String = "--products") throws {
        do throws(Failure) {
            try check(on: device, as: option)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// This as another process is given it.
    var arguments: [String] { ["--products", rawValue] }

    /// On the processor; nil for what suits its kernels best.
    var onProcessor: ProductProvider? {
        switch self {
        case .tiles: .tiles
        case .openBLAS: .openBLAS
        case .cublasLt: nil
        }
    }
}

/// A device that was started, and the name of those that give the same bits.
struct ComputingDevice {
    let backend: any MeasurableBackend & DifferentiableBackend
    let deviceClass: String
    /// What it is held to by the suites of operations and of gradients.
    let terms: ConformanceReport.Terms

    /// Starts the device of a choice.
    ///
    /// - Parameters:
    ///   - choice: Which.
    ///   - precision: How a device of CUDA keeps values.
    ///   - products: Who multiplies matrices; nil for what is usual.
    ///   - configuration: Of the processor, with who multiplies there.
    /// - Throws: `Failure` that says why it cannot be used.
    init(
        _ choice: DeviceChoice,
        _ precision: CudaPrecision,
        _ products: ProductChoice?,
        _ configuration: (ProductProvider?) -> CPUConfiguration
    ) throws {
        // Who wants the processor does not wait for a driver.
        if choice != .cpu, let device = try Self.cuda(choice, precision, products) {
            backend = device
            deviceClass = device.deviceClass
            terms = precision.conformanceTerms
            return
        }
        try products?.check(on: .cpu)
        let configuration = configuration(products?.onProcessor)
        backend = CPUBackend(configuration)
        deviceClass = configuration.deviceClass
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
        _ precision: CudaPrecision,
        _ products: ProductChoice?
    ) throws -> CudaBackend? {
        let (inventory, platform) = CudaPlatform.open(.system)
        let device = try unavailable("--device") { () throws(CudaError) in
            try choice.device(in: inventory)
        }
        guard let device, let platform else { return nil }
        try products?.check(on: .cudaIndex(device.index))
        var library: ProductLibrary?
        if products == .cublasLt {
            library = try unavailable("--products cublaslt:") { () throws(CudaError) in
                try CudaPlatform.openProducts(.system, for: inventory.driver)
            }
        }
        return try unavailable("--device") { () throws(CudaError) in
            try CudaBackend(
                platform,
                device,
                precision: precision,
                products: library,
                cache: cache
            )
        }
    }

    /// What was asked for; where it is not to be had, the option and why.
    private static func unavailable<Result>(
        _ option: String,
        _ body: () throws(CudaError) -> Result
    ) throws(Failure) -> Result {
        do throws(CudaError) {
            return try body()
        } catch {
            throw Failure(.unavailable, "\(option) \(error)")
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
