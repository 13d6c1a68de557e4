import Tensors

/// What `weft doctor --conformance` says, as values.
struct ConformanceText {
    let device: String
    let operations: ConformanceReport
    let gradients: ConformanceReport

    var isPassed: Bool { operations.isPassed && gradients.isPassed }

    var text: String {
        var lines = [device]
        for (name, report) in [("operation", operations), ("derivative of", gradients)] {
            lines.append(padded(name, 22) + "   cases  skipped  worst error")
            for operation in report.operations {
                lines.append(
                    padded(operation.name, 22) + aligned("\(operation.cases)", 8)
                        + aligned("\(operation.skipped)", 9)
                        + aligned(Self.scientific(operation.worst), 13) + "  "
                        + operation.worstCase
                )
                lines += operation.failures.map { "  beyond its bound: \($0)" }
            }
        }
        lines.append(
            operations.isPassed ? "all operations conform" : "operations do not conform"
        )
        lines.append(
            gradients.isPassed ? "all derivatives conform" : "derivatives do not conform"
        )
        return lines.joined(separator: "\n")
    }

    var json: JSONValue {
        .object([
            "device": .string(device),
            "passed": .bool(isPassed),
            "operations": Self.json(operations),
            "gradients": Self.json(gradients),
        ])
    }

    private static func json(_ report: ConformanceReport) -> JSONValue {
        .array(
            report.operations.map { operation in
                .object([
                    "name": .string(operation.name),
                    "cases": .integer(operation.cases),
                    "skipped": .integer(operation.skipped),
                    "worst_error": operation.worst.isFinite ? .number(operation.worst) : .null,
                    "worst_case": .string(operation.worstCase),
                    "failures": .array(operation.failures.map { .string($0) }),
                ])
            }
        )
    }

    /// Two digits and a power of ten, without a locale.
    static func scientific(_ value: Double) -> String {
        guard value.isFinite, value > 0 else { return "\(value)" }
        var (mantissa, exponent) = (value, 0)
        while mantissa >= 9.95 {
            mantissa /= 10
            exponent += 1
        }
        while mantissa < 0.995 {
            mantissa *= 10
            exponent -= 1
        }
        return "\(fixed(mantissa, 1))e\(exponent)"
    }
}
