/// Where the libraries of CUDA may be, in the order in which they are tried.
///
/// What the machine has comes in as values: variables of the environment, and the names in folders.
package struct LibrarySearch {
    /// The driver comes with the kernel's module, and only the system knows where it is.
    package let drivers: [String]
    private let namedCompilers: [String]
    private let environment: (String) -> String?
    private let names: (String) -> [String]

    /// Begins a search.
    ///
    /// - Parameters:
    ///   - drivers: Names or paths of the driver.
    ///   - namedCompilers: Names of the compiler that the system's loader is asked for.
    ///   - environment: A variable's value, nil if it is not set.
    ///   - names: What is in a folder; nothing if it is not there.
    package init(
        drivers: [String] = ["libcuda.so.1"],
        namedCompilers: [String] = LibrarySearch.compilerNames,
        environment: @escaping (String) -> String?,
        names: @escaping (String) -> [String]
    ) {
        self.drivers = drivers
        self.namedCompilers = namedCompilers
        self.environment = environment
        self.names = names
    }

    /// The compiler: of `CUDA_HOME`, then of the environment's Python, then of the system, then of
    /// other places where it is usually put.
    package var compilers: [String] {
        let chosen = ["CUDA_HOME", "CUDA_PATH"].compactMap(environment).filter { !$0.isEmpty }
            .flatMap { ["\($0)/lib64", "\($0)/lib", "\($0)/targets/x86_64-linux/lib"] }
        let usual = ["/usr/local/cuda/lib64"] + toolkits
        return found(in: chosen + wheels(activePython)) + namedCompilers
            + found(in: usual + wheels(usualPython))
    }

    /// Newest first; which of them a driver can use is told by their versions.
    package static let compilerNames = ["libnvrtc.so.13", "libnvrtc.so.12"]

    private func found(in folders: [String]) -> [String] {
        folders.flatMap { folder in
            let names = names(folder)
            return Self.compilerNames.filter { names.contains($0) }.map { "\(folder)/\($0)" }
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

    /// The folders in which NVIDIA's Python packages put their libraries.
    private func wheels(_ prefixes: [String]) -> [String] {
        prefixes.flatMap { prefix in
            let pythons = names("\(prefix)/lib").filter { $0.hasPrefix("python3") }.sorted()
            return pythons.flatMap { python in
                ["site-packages", "dist-packages"].flatMap { packages in
                    let nvidia = "\(prefix)/lib/\(python)/\(packages)/nvidia"
                    return ["\(nvidia)/cu13/lib", "\(nvidia)/cuda_nvrtc/lib"]
                }
            }
        }
    }
}
