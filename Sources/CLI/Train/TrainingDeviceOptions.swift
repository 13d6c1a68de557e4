import ArgumentParser
import Cuda
import Tensors

/// Which device trains: the processor with its options, or one of CUDA.
struct TrainingDeviceOptions: ParsableArguments {
    @Option(help: ArgumentHelp(ComputeOptions.deviceHelp, valueName: "device"))
    var device = DeviceChoice.cpu

    @Option(help: ArgumentHelp(TrainingDeviceOptions.precisionHelp))
    var precision = CudaPrecision.bfloat16

    @OptionGroup var processor: DeviceOptions

    static let precisionHelp = """
        How a device of CUDA keeps activations and their gradients; weights, their gradients and \
        sums are float32 in all. float32 has no tensor cores; tf32 keeps float32 and rounds to ten \
        bits what most products multiply.
        """

    func validate() throws {
        guard precision != .float16 else {
            throw ValidationError(
                "--precision float16: gradients are too small for it unless losses are scaled, "
                    + "which weft does not do; expected bfloat16, tf32 or float32"
            )
        }
    }

    /// Starts the device.
    ///
    /// - Throws: `Failure` that says why a device of CUDA cannot be used.
    func makeBackend() throws -> any DifferentiableBackend {
        let products = processor.products.flatMap { ProductChoice(rawValue: $0.rawValue) }
        return try ComputingDevice(device, precision, products) { products in
            processor.processor.configuration(products: products)
        }.backend
    }

    /// What of the device decides about weights beyond last digits: halves do, whatever keeps them.
    func binding(on backend: any DifferentiableBackend) -> [String: JSONValue] {
        let precision = (backend as? CudaBackend)?.precision ?? .float32
        return [
            "exact": .bool(processor.exact),
            "products": processor.products.map { .string($0.rawValue) } ?? .null,
            "precision": precision == .float32 ? .null : .string(precision.rawValue),
        ]
    }
}
