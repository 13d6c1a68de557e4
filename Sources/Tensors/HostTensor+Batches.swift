extension HostTensor {
    /// Tensors of one shape as one with an axis more, outermost.
    package static func stacked(_ parts: [HostTensor]) -> HostTensor {
        precondition(!parts.isEmpty, "no tensor")
        let shape = parts[0].shape
        precondition(parts.allSatisfy { $0.shape == shape }, "\(parts.map(\.shape))")
        return HostTensor(
            parts.flatMap(\.values),
            Shape([parts.count] + shape.dimensions)
        )
    }

    /// Slice `index` of the outermost axis.
    package func slice(_ index: Int) -> HostTensor {
        let inner = Shape(Array(shape.dimensions.dropFirst()))
        let start = index * inner.count
        return HostTensor(Array(values[start..<start + inner.count]), inner)
    }
}
