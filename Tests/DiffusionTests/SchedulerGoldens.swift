import Diffusion
import Foundation
import Tensors
import Testing

/// Reads `Goldens/schedulers.safetensors`, which `Goldens/generate.py` makes.
struct SchedulerGoldens {
    private let file: SafetensorsFile

    init() throws {
        file = try SafetensorsFile.open(
            "\(Bundle.module.resourcePath ?? "")/Goldens/schedulers.safetensors"
        )
    }

    func tensor(_ name: String) throws -> HostTensor {
        try #require(file.tensor(named: name), "\(name)").hostTensor()
    }

    func integers(_ name: String) throws -> [Int] {
        try #require(file.tensor(named: name), "\(name)").integers().map { Int($0) }
    }

    /// The step positions recorded for `case`, ascending.
    func positions(_ case: String) -> [Int] {
        file.names.compactMap { name in
            let prefix = "\(`case`).previous."
            return name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil
        }.sorted()
    }
}
