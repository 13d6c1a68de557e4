import Glibc
import Tensors

/// The libraries of CUDA on this machine, opened: what an inventory describes and a backend uses.
package struct CudaPlatform: Sendable {
    package let driver: CudaDriver
    package let compiler: KernelCompiler
    package let devices: [DeviceDescription]

    /// Opens the first libraries that fit together.
    ///
    /// - Parameter search: Where to look.
    /// - Returns: What was found and, if everything is there, the libraries.
    package static func open(
        _ search: LibrarySearch
    ) -> (inventory: CudaInventory, platform: CudaPlatform?) {
        var inventory = CudaInventory()
        let driver: CudaDriver
        let devices: [DeviceDescription]
        do throws(CudaError) {
            driver = try first(search.drivers, "driver") { path throws(CudaError) in
                try CudaDriver(path)
            }
            inventory.driver = driver.description
            devices = try driver.devices()
            inventory.devices = devices
        } catch {
            inventory.refusal = error.description
            // Without a driver a compiler is of no use, but is worth knowing of.
            inventory.compiler = (try? openCompiler(search))?.description
            return (inventory, nil)
        }
        do throws(CudaError) {
            let compiler = try openCompiler(search, for: driver)
            inventory.compiler = compiler.description
            inventory.refusal = CudaInventory.mismatch(
                driver: driver.description,
                compiler: compiler.description
            )
            guard inventory.refusal == nil else { return (inventory, nil) }
            let platform = CudaPlatform(driver: driver, compiler: compiler, devices: devices)
            return (inventory, platform)
        } catch {
            inventory.refusal = error.description
            return (inventory, nil)
        }
    }

    /// What there is, with cuBLASLt whether or not anybody wants it: for whoever reports.
    package static func inventory(_ search: LibrarySearch) -> CudaInventory {
        let opened = open(search)
        var inventory = opened.inventory
        do throws(CudaError) {
            let products = try openProducts(search, for: inventory.driver)
            inventory.products = products.description
        } catch {
            inventory.productsRefusal = error.description
        }
        return inventory
    }

    /// Opens the first cuBLASLt that can be used.
    ///
    /// - Parameters:
    ///   - search: Where to look.
    ///   - driver: What it has to fit; nil for any.
    /// - Returns: The library, which no device knows of yet.
    /// - Throws: `CudaError` that says why there is none.
    package static func openProducts(
        _ search: LibrarySearch,
        for driver: CudaInventory.Library?
    ) throws(CudaError) -> ProductLibrary {
        try first(search.products, "cuBLASLt") { path throws(CudaError) in
            let products = try ProductLibrary(path)
            let mismatch = CudaInventory.mismatch(
                driver: driver,
                products: products.description
            )
            if let mismatch { throw CudaError(.library, mismatch) }
            return products
        }
    }

    private static let compilerName = "compiler (NVRTC)"

    /// Opens the compiler alone, for checks on a machine without a device.
    package static func openCompiler(_ search: LibrarySearch) throws(CudaError) -> KernelCompiler {
        try first(search.compilers, compilerName) { path throws(CudaError) in
            try KernelCompiler(path)
        }
    }

    /// The first compiler that fits a driver, or else the first of all.
    private static func openCompiler(
        _ search: LibrarySearch,
        for driver: CudaDriver
    ) throws(CudaError) -> KernelCompiler {
        var misfit: KernelCompiler?
        do throws(CudaError) {
            return try first(search.compilers, compilerName) { path throws(CudaError) in
                let compiler = try KernelCompiler(path)
                let mismatch = CudaInventory.mismatch(
                    driver: driver.description,
                    compiler: compiler.description
                )
                guard let mismatch else { return compiler }
                misfit = misfit ?? compiler
                throw CudaError(.library, mismatch)
            }
        } catch {
            guard let misfit else { throw error }
            return misfit
        }
    }

    /// The first that can be opened; if none can, why the first of those that were found could not,
    /// or else what the system's loader said of the last.
    private static func first<Library>(
        _ paths: [String],
        _ what: String,
        _ open: (String) throws(CudaError) -> Library
    ) throws(CudaError) -> Library {
        var failure: CudaError?
        var isFound = false
        for path in paths {
            do throws(CudaError) {
                return try open(path)
            } catch {
                if failure == nil || !isFound { failure = error }
                isFound = isFound || path.contains("/")
            }
        }
        throw failure ?? CudaError(.library, "no \(what) of CUDA is on this machine")
    }
}

extension LibrarySearch {
    /// This machine, and the environment of this process.
    package static var system: LibrarySearch {
        LibrarySearch(
            environment: { name in
                unsafe getenv(name).map { unsafe String(cString: $0) }
            },
            names: { folder in (try? SystemFile.names(in: folder)) ?? [] }
        )
    }
}
