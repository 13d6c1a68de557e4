/// Where the libraries of CUDA may be, in the order in which they are tried.
///
/// What the machine has comes in as values: variables of the environment, and the names in folders.
package struct LibrarySearch {
    /// The driver comes with the kernel's module, and only the system knows where it is.
    package let drivers: [String]
    private let namedCompilers: [String]
    private let namedProducts: [String]
    private let environment: (String) -> String?
    private let names: (String) -> [String]

    /// Begins a search.
    ///
    /// - Parameters:
    ///   - drivers: Names or paths of the driver.
    ///   - namedCompilers: Names of the compiler that the system's loader is asked for.
    ///   - namedProducts: The same of cuBLASLt.
    ///   - environment: A variable's value, nil if it is not set.
    ///   - names: What is in a folder; nothing if it is not there.
    package init(
        drivers: [String] = ["libcuda.so.1"],
        namedCompilers: [String] = LibrarySearch.compilerNames,
        namedProducts: [String] = LibrarySearch.productNames,
        environment: @escaping (String) -> String?,
        names: @escaping (String) -> [String]
    ) {
        self.drivers = drivers
        self.namedCompilers = namedCompilers
        self.namedProducts = namedProducts
        self.environment = environment
        self.names = names
    }

    /// The compiler.
    package var compilers: [String] {
        places(of: Self.compilerNames, wheel: "cuda_nvrtc", named: namedCompilers)
    }

    /// cuBLASLt, which multiplies matrices.
    package var products: [String] {
        places(of: Self.productNames, wheel: "cublas", named: namedProducts)
    }

    /// Where a library is looked for: `CUDA_HOME`, then the environment's Python, then the system,
    /// then other places where it is usually put.
    private func places(of names: [String], wheel: String, named: [String]) -> [String] {
        let chosen = ["CUDA_HOME", "CUDA_PATH"].compactMap(environment).filter { !$0.isEmpty }
            .flatMap { ["\($0)/lib64", "\($0)/lib", "\($0)/targets/x86_64-linux/lib"] }
        let usual = ["/usr/local/cuda/lib64"] + toolkits
        return found(names, in: chosen + wheels(wheel, activePython)) + named
            + found(names, in: usual + wheels(wheel, usualPython))
    }

    /// Newest first; which of them a driver can use is told by their versions.
    package static let compilerNames = ["libnvrtc.so.13", "libnvrtc.so.12"]
    package static let productNames = ["libcublasLt.so.13", "libcublasLt.so.12"]

    private func found(_ wanted: [String], in folders: [String]) -> [String] {
        folders.flatMap { folder in
            let names = names(folder)
            return wanted.filter { names.contains($0) }.map { "\(folder)/\($0)" }
        }
    }

    /// `/usr/local/cuda-12.8` and its kind, the newest first.
    private var toolkits: [String] {
        names("/usr/local").filter { $0.hasPrefix("cuda-") }.sorted { left, right in
            version(left).lexicographicallyPrecedes(version(right)) ? false : left != right
        }
        .map { "/usr/local/\($0)/lib64" }
    }

    private func version(_ name: String) -> [Int] {
        name.dropFirst("cuda-".count).split(separator: ".").map { Int($0) ?? 0 }
    }

    /// Environments that are active now.
    private var activePython: [String] {
        ["VIRTUAL_ENV", "CONDA_PREFIX"].compactMap(environment).filter { !$0.isEmpty }
    }

    private var usualPython: [String] {
        let own = environment("HOME").map { ["\($0)/.local"] } ?? []
        return own + ["/usr/local", "/usr"]
    }

    /// The folders in which NVIDIA's Python packages put their libraries; that of one library has a
    /// name of its own up to CUDA 12.
    private func wheels(_ wheel: String, _ prefixes: [String]) -> [String] {
        prefixes.flatMap { prefix in
            let pythons = names("\(prefix)/lib").filter { $0.hasPrefix("python3") }.sorted()
            return pythons.flatMap { python in
                ["site-packages", "dist-packages"].flatMap { packages in
                    let nvidia = "\(prefix)/lib/\(python)/\(packages)/nvidia"
                    return ["\(nvidia)/cu13/lib", "\(nvidia)/\(wheel)/lib"]
                }
            }
        }
    }
}
