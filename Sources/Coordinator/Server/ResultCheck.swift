package import Scheduling
import Tensors
package import WireProtocol

/// What a delivered result has to be before anybody relies on it.
package enum ResultCheck {
    /// Latents of a sampler have unit variance; what is beyond this has diverged.
    package static let magnitudeMax: Float = 1e4
    /// Depth is relative: only what no network gives is refused.
    package static let depthMax: Float = 1e30

    /// Why a header cannot be of the unit's result; nil if it can.
    package static func objection(to header: TensorHeader, expecting expected: InputDescription)
        -> String?
    {
        guard header.name == expected.name, header.scalarType == expected.scalarType,
            header.shape == expected.shape
        else {
            return "expected \(expected.scalarType) \(expected.name) \(expected.shape), found "
                + "\(header.scalarType) \(header.name) \(header.shape)"
        }
        return nil
    }

    /// What the ledger keeps of a result, or why it is none.
    ///
    /// - Parameters:
    ///   - bytes: As many as the header says.
    ///   - header: Of one of its chunks.
    ///   - kind: The unit's.
    /// - Returns: The summary, or the sentence that refuses it.
    package static func summary(
        _ bytes: [UInt8],
        _ header: TensorHeader,
        _ kind: UnitKind
    ) -> Result<ResultSummary, InvalidResult> {
        guard Checksum.of(bytes) == header.checksum else {
            return .failure(InvalidResult("the bytes do not have the checksum of the header"))
        }
        var range: ClosedRange<Float> = 0...0
        if header.scalarType == .float32 {
            guard let tensor = HostTensor(littleEndian: bytes, Shape(header.shape)) else {
                return .failure(InvalidResult("\(bytes.count) bytes are not \(header.shape)"))
            }
            let largest = kind == .depth ? depthMax : magnitudeMax
            switch valueRange(tensor.values, largest: largest) {
            case .success(let found): range = found
            case .failure(let invalid): return .failure(invalid)
            }
        }
        return .success(
            ResultSummary(
                checksum: header.checksum,
                byteCount: bytes.count,
                least: range.lowerBound,
                largest: range.upperBound
            )
        )
    }

    private static func valueRange(
        _ values: [Float],
        largest: Float
    ) -> Result<ClosedRange<Float>, InvalidResult> {
        guard var least = values.first else { return .success(0...0) }
        var most = least
        for (index, value) in values.enumerated() {
            // False for a NaN too.
            guard abs(value) <= largest else {
                return .failure(InvalidResult("value \(index) is \(value)"))
            }
            least = min(least, value)
            most = max(most, value)
        }
        return .success(least...most)
    }
}

/// Why a delivered result is none.
package struct InvalidResult: Error, Hashable, Sendable {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}
