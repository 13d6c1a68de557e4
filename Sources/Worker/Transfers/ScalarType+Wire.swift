import Tensors
import WireProtocol

extension ScalarType {
    /// The type as files spell it.
    init(_ type: TensorHeader.ScalarType) {
        self =
            switch type {
            case .float32: .float32
            case .float16: .float16
            case .bfloat16: .bfloat16
            case .int64: .int64
            case .int32: .int32
            case .uint8: .uint8
            }
    }
}

extension TensorHeader.ScalarType {
    /// The type as messages spell it; nil for types that do not travel.
    init?(_ type: ScalarType) {
        switch type {
        case .float32: self = .float32
        case .float16: self = .float16
        case .bfloat16: self = .bfloat16
        case .int64: self = .int64
        case .int32: self = .int32
        case .uint8: self = .uint8
        case .float64, .int16, .int8, .bool: return nil
        }
    }
}
