/// What CUDA there is on this machine, as values: libraries, versions, devices, and in words what
/// is missing.
package struct CudaInventory: Hashable, Sendable {
    package struct Library: Hashable, Sendable {
        package var path: String
        package var major: Int
        package var minor: Int
        /// Nil where a library does not tell it.
        package var patch: Int?

        package init(path: String, major: Int, minor: Int, patch: Int? = nil) {
            self.path = path
            self.major = major
            self.minor = minor
            self.patch = patch
        }

        package var version: String { "\(major).\(minor)" + (patch.map { ".\($0)" } ?? "") }
    }

    /// Version of CUDA that the driver speaks; nil without a driver.
    package var driver: Library?
    package var compiler: Library?
    /// cuBLASLt, which is needed only where it is asked for; nil also where nobody has looked.
    package var products: Library?
    /// Why cuBLASLt cannot multiply here, if somebody has looked and it cannot.
    package var productsRefusal: String?
    package var devices: [DeviceDescription]
    /// Why nothing computes with CUDA here; nil if the libraries are there and fit together.
    package var refusal: String?

    package init(
        driver: Library? = nil,
        compiler: Library? = nil,
        products: Library? = nil,
        productsRefusal: String? = nil,
        devices: [DeviceDescription] = [],
        refusal: String? = nil
    ) {
        self.driver = driver
        self.compiler = compiler
        self.products = products
        self.productsRefusal = productsRefusal
        self.devices = devices
        self.refusal = refusal
    }

    /// Who multiplies matrices on devices, in words; nil if there are no devices to speak of.
    package var productsText: String? {
        if let products {
            return "weft's own kernels, or with --products cublaslt cuBLASLt \(products.version), "
                + products.path
        }
        guard driver != nil, let productsRefusal else { return nil }
        return "weft's own kernels alone; no cuBLASLt: \(productsRefusal)"
    }

    /// CUDA 12.0, the first whose minor versions accept each other's kernels and that all supported
    /// compilers target.
    static let leastDriverMajor = 12

    /// Why a driver and a compiler cannot be used together; nil if they can.
    static func mismatch(driver: Library, compiler: Library) -> String? {
        if driver.major < leastDriverMajor {
            return "the driver speaks CUDA \(driver.version), at least \(leastDriverMajor).0 is "
                + "needed"
        }
        if compiler.major > driver.major {
            return "the compiler \(compiler.path) is of CUDA \(compiler.version), too new for a "
                + "driver of \(driver.version)"
        }
        return nil
    }

    /// Why cuBLASLt cannot be used, with a driver or at all; nil if it can.
    static func mismatch(driver: Library?, products: Library) -> String? {
        if products.major < leastDriverMajor {
            return "\(products.path): cuBLASLt is older than \(leastDriverMajor).0, which is needed"
        }
        if let driver, products.major > driver.major {
            return "\(products.path): cuBLASLt \(products.version) is too new for a driver of CUDA "
                + driver.version
        }
        return nil
    }
}

/// Which device somebody asked for.
package enum DeviceChoice: Hashable, Sendable, CustomStringConvertible {
    case cpu
    /// The device of CUDA with the most memory that weft computes on, or else the processor.
    case automatic
    case cudaIndex(Int)
    /// Begin of a device's identifier, as the vendor's tools take it.
    case cudaIdentifier(String)

    /// Whether this names a device of CUDA, and nothing else will do.
    package var isOfCUDA: Bool {
        switch self {
        case .cpu, .automatic: false
        case .cudaIndex, .cudaIdentifier: true
        }
    }

    /// Reads `cpu`, `auto`, `cuda`, `cuda:1`, `cuda:GPU-8f2d...`.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        switch (text, parts[0], parts.count) {
        case ("cpu", _, _): self = .cpu
        case ("auto", _, _): self = .automatic
        case ("cuda", _, _): self = .cudaIndex(0)
        case (_, "cuda", 2):
            let name = String(parts[1])
            if let index = Int(name), (0..<1024).contains(index), !name.hasPrefix("+") {
                self = .cudaIndex(index)
            } else if name.hasPrefix("GPU-"), name.count >= 8 {
                self = .cudaIdentifier(name)
            } else {
                return nil
            }
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .cpu: "cpu"
        case .automatic: "auto"
        case .cudaIndex(let index): "cuda:\(index)"
        case .cudaIdentifier(let name): "cuda:\(name)"
        }
    }

    /// The device that is meant among those of an inventory; nil for the processor.
    ///
    /// - Throws: `CudaError` that says why a device of CUDA that was asked for cannot be used.
    package func device(in inventory: CudaInventory) throws(CudaError) -> DeviceDescription? {
        switch self {
        case .cpu: return nil
        case .automatic:
            guard inventory.refusal == nil else { return nil }
            // Of equals the first.
            return inventory.devices.filter { $0.refusal == nil }
                .reduce(nil as DeviceDescription?) { best, device in
                    guard let best, best.memoryBytes >= device.memoryBytes else { return device }
                    return best
                }
        case .cudaIndex, .cudaIdentifier:
            if let refusal = inventory.refusal { throw CudaError(.library, "\(self): \(refusal)") }
            let matching = inventory.devices.filter { isName(of: $0) }
            guard let device = matching.first else {
                let names = inventory.devices.map { "\($0.index) (\($0.identifier))" }
                let there = names.isEmpty ? "none" : names.joined(separator: ", ")
                throw CudaError(.device, "\(self): no such device; there are: \(there)")
            }
            guard matching.count == 1 else {
                throw CudaError(.device, "\(self): \(matching.count) devices begin like that")
            }
            if let refusal = device.refusal {
                throw CudaError(.device, "\(self): \(device.name): \(refusal)")
            }
            return device
        }
    }

    private func isName(of device: DeviceDescription) -> Bool {
        switch self {
        case .cpu, .automatic: false
        case .cudaIndex(let index): device.index == index
        case .cudaIdentifier(let name): device.identifier.hasPrefix(name)
        }
    }
}
