import ArgumentParser
import Tensors

extension KernelVersion: ExpressibleByArgument {}
extension ProductProvider: ExpressibleByArgument {}

/// How the processor computes, for commands that compute on nothing else.
struct DeviceOptions: ParsableArguments {
    @OptionGroup var processor: ProcessorOptions

    @Option(help: "Who multiplies matrices: weft's register tiles or OpenBLAS.")
    var products: ProductProvider?

    static let exactHelp = ProcessorOptions.exactHelp

    var exact: Bool { processor.exact }

    var configuration: CPUConfiguration { processor.configuration(products: products) }

    func makeBackend() -> CPUBackend { CPUBackend(configuration) }
}

/// How the processor computes, but for who multiplies matrices.
struct ProcessorOptions: ParsableArguments {
    @Option(help: "Threads; all of the processor's unless given.")
    var threads: Int?

    @Option(help: "CPU kernels; the widest this processor runs unless given.")
    var kernels: KernelVersion?

    @Flag(help: ArgumentHelp(ProcessorOptions.exactHelp))
    var exact = false

    static let exactHelp = """
        Convolve without Winograd's algorithms: half as fast, and errors of 1e-13 instead of 1e-12 \
        of a layer's power. Results have other last digits, so a farm should not mix the two.
        """

    func validate() throws {
        try Self.check(threads: threads)
        if let kernels, !KernelVersion.available.contains(kernels) {
            let names = KernelVersion.available.map(\.rawValue).joined(separator: ", ")
            throw ValidationError(
                "--kernels: this processor has no \(kernels.rawValue); it runs \(names)"
            )
        }
    }

    /// The same of threads that are given to other processes.
    static func check(threads: Int?) throws {
        guard let threads, !(1...1024).contains(threads) else { return }
        throw ValidationError("--threads: expected 1 to 1024, found \(threads)")
    }

    /// The first of these options that was given, by its name.
    var firstGiven: String? {
        if threads != nil { return "--threads" }
        if kernels != nil { return "--kernels" }
        return exact ? "--exact" : nil
    }

    /// These options as another process is given them.
    var arguments: [String] {
        (threads.map { ["--threads", "\($0)"] } ?? [])
            + (kernels.map { ["--kernels", $0.rawValue] } ?? []) + (exact ? ["--exact"] : [])
    }

    func configuration(products: ProductProvider?) -> CPUConfiguration {
        CPUConfiguration(threads: threads, kernels: kernels, products: products, isExact: exact)
    }
}
