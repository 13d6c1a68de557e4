package import Tensors

/// Tensors that do not fit what is asked of them, or options that are missing.
package struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// The named tensors of a file that a person gives to a network.
package struct InputTensors: Sendable {
    private let file: SafetensorsFile

    package init(_ file: SafetensorsFile) {
        self.file = file
    }

    package func contains(_ name: String) -> Bool {
        file.tensor(named: name) != nil
    }

    /// A tensor of `rank` axes, as float32.
    ///
    /// - Throws: `InputError` if it is missing or of another rank.
    package func tensor(_ name: String, rank: Int) throws(InputError) -> HostTensor {
        guard let stored = file.tensor(named: name) else {
            let there = file.names.isEmpty ? "nothing" : file.names.joined(separator: ", ")
            throw InputError("\(file.path): \(name): missing; the file holds \(there)")
        }
        guard stored.shape.rank == rank else {
            throw InputError(
                "\(file.path): \(name): expected \(rank) axes, found \(stored.shape)"
            )
        }
        return stored.hostTensor()
    }

    /// A tensor of any rank, as float32.
    package func tensorOfAnyShape(_ name: String) throws(InputError) -> HostTensor {
        guard let stored = file.tensor(named: name) else { return try tensor(name, rank: 0) }
        return stored.hostTensor()
    }

    package func tensorIfPresent(_ name: String, rank: Int) throws(InputError) -> HostTensor? {
        contains(name) ? try tensor(name, rank: rank) : nil
    }

    /// One value, or one a batch element; a tensor without axes counts as one value.
    package func values(_ name: String) throws(InputError) -> [Float] {
        guard let stored = file.tensor(named: name) else {
            return try tensor(name, rank: 1).values
        }
        guard stored.shape.rank <= 1, stored.shape.count > 0 else {
            throw InputError(
                "\(file.path): \(name): expected one value or a list, found \(stored.shape)"
            )
        }
        return stored.floats()
    }

    /// Rows of integers.
    package func integerRows(_ name: String) throws(InputError) -> [[Int]] {
        guard let stored = file.tensor(named: name), stored.shape.rank == 2 else {
            _ = try tensor(name, rank: 2)
            return []
        }
        guard !stored.scalarType.isFloatingPoint else {
            throw InputError(
                "\(file.path): \(name): expected integers, found \(stored.scalarType.rawValue)"
            )
        }
        let values = stored.integers()
        let columns = stored.shape[1]
        return (0..<stored.shape[0]).map { row in
            values[row * columns..<(row + 1) * columns].map { Int($0) }
        }
    }
}

// Files hold the layouts of the reference libraries, the engine is channels-last.
extension HostTensor {
    /// `[N, C, H, W]` to `[N, H, W, C]`.
    func channelsLast() -> HostTensor { permuted([0, 2, 3, 1]) }
    /// `[N, H, W, C]` to `[N, C, H, W]`.
    func channelsFirst() -> HostTensor { permuted([0, 3, 1, 2]) }
    /// `[B, C, F, H, W]` to `[B, F, H, W, C]`.
    func videoChannelsLast() -> HostTensor { permuted([0, 2, 3, 4, 1]) }
    /// `[B, F, H, W, C]` to `[B, C, F, H, W]`.
    func videoChannelsFirst() -> HostTensor { permuted([0, 4, 1, 2, 3]) }
}
