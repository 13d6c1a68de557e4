import Pipelines
import Scheduling
import Tensors
import WireProtocol

extension RunnerOrder {
    /// A float32 input, of any shape that its unit makes sense with.
    func tensor(_ name: String) throws -> HostTensor {
        let stored = try stored(name)
        guard stored.scalarType == .float32 else {
            throw UnitComputerError(.infrastructure, "\(name): expected F32 in its file")
        }
        return stored.hostTensor()
    }

    func tensorIfPresent(_ name: String) throws -> HostTensor? {
        inputs[name] == nil ? nil : try tensor(name)
    }

    /// An input of bytes `[n, H, W, 3]`, or `[H, W, 3]` for one picture.
    func pictures(_ name: String) throws -> Pictures {
        let stored = try stored(name)
        let shape = stored.shape.dimensions
        guard stored.scalarType == .uint8, (3...4).contains(shape.count), shape.last == 3,
            let bytes = stored.bytes(in: 0..<stored.shape.count)
        else {
            throw UnitComputerError(
                .infrastructure,
                "\(name): expected U8 pictures in its file, found \(stored.shape)"
            )
        }
        let size = shape.suffix(3)
        return Pictures(
            count: shape.count == 4 ? shape[0] : 1,
            height: size[size.startIndex],
            width: size[size.startIndex + 1],
            bytes: bytes
        )
    }

    func picturesIfPresent(_ name: String) throws -> Pictures? {
        inputs[name] == nil ? nil : try pictures(name)
    }

    /// Writes a float32 result; returns when it is on the disk.
    func write(_ tensor: HostTensor) throws {
        try check(tensor.shape, .float32)
        try SafetensorsFile.write([result.name: tensor], to: output)
    }

    /// Writes pictures; returns when they are on the disk.
    func write(_ pictures: Pictures) throws {
        let shape = Shape([pictures.count, pictures.height, pictures.width, 3])
        try check(shape, .uint8)
        let entry = SafetensorsWriter.Entry(name: result.name, scalarType: .uint8, shape: shape)
        let writer = try SafetensorsWriter(path: output, entries: [entry])
        try writer.write(integers: pictures.bytes.map { Int64($0) }, named: result.name)
        try writer.finish()
    }

    private func stored(_ name: String) throws -> StoredTensor {
        guard let path = inputs[name] else {
            throw UnitComputerError(.infrastructure, "\(name): not among the unit's inputs")
        }
        guard let tensor = try SafetensorsFile.open(path).tensor(named: name) else {
            throw UnitComputerError(.infrastructure, "\(name): not in \(path)")
        }
        return tensor
    }

    /// The coordinator says what it will take; a model that makes something else fails the job on
    /// every machine.
    private func check(_ shape: Shape, _ type: TensorHeader.ScalarType) throws {
        guard shape.dimensions == result.shape, type == result.scalarType else {
            throw UnitComputerError(
                .specification,
                "\(result.name): the job expects \(result.shape), the model makes "
                    + "\(shape.dimensions)"
            )
        }
    }
}
