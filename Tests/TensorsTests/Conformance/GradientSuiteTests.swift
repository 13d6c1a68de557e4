import Foundation
import Tensors
import Testing

/// The derivative of every operation on every kernel version against the float64 reference.
struct GradientSuiteTests {
    static let configurations: [CPUConfiguration] =
        KernelVersion.available.map { CPUConfiguration(threads: 2, kernels: $0) } + [
            CPUConfiguration(threads: 2, products: .openBLAS), CPUConfiguration(isExact: true),
        ]

    @Test(arguments: configurations)
    func gradientsAreThoseOfTheReference(_ configuration: CPUConfiguration) throws {
        let backend = CPUBackend(configuration)
        for gradient in GradientSuite.cases {
            let outcome = try gradient.run(on: backend)
            #expect(
                outcome.isWithinBound,
                "\(gradient) on \(backend.summary): \(outcome.error) > \(gradient.bound)"
            )
        }
    }

    @Test func aWrongGradientIsFound() throws {
        let backend = CPUBackend()
        for gradient in GradientSuite.cases {
            let moved = try gradient.run(on: backend) { found in
                var wrong = found
                let size = wrong.values.map(abs).max() ?? 0
                wrong.values[found.values.count / 2] += 0.1 * size + 0.1
                return wrong
            }
            #expect(!moved.isWithinBound, "\(gradient)")
            let none = try gradient.run(on: backend) { HostTensor(repeating: 0, $0.shape) }
            #expect(!none.isWithinBound, "\(gradient)")
            let infinite = try gradient.run(on: backend) { HostTensor(repeating: .nan, $0.shape) }
            #expect(!infinite.isWithinBound, "\(gradient)")
        }
    }

    /// An operation is a function of `Backend` that makes a tensor of tensors.
    @Test func everyOperationHasADerivative() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/Tensors/Backend.swift")
        let source = try String(contentsOf: root, encoding: .utf8)
        let start = try #require(source.range(of: "package protocol Backend"))
        let body = source[start.lowerBound...]
        let end = try #require(body.range(of: "\n}\n"))
        let operations = (body[..<end.lowerBound] + "\n").components(separatedBy: "    func ")
            .dropFirst()
            .filter { $0.contains("-> Tensor\n") }
            .map { String($0.prefix { $0.isLetter }) }
        #expect(operations.count > 18)
        // Memory, parameters, and what runs other operations.
        let others: Set = ["allocate", "upload", "prepareTensor", "segment"]
        let derived = Set(GradientSuite.cases.map(\.operation))
        #expect(Set(operations).subtracting(others).subtracting(derived).isEmpty)
        #expect(derived.subtracting(operations).isEmpty)
    }

    @Test func threadsDoNotChangeABit() throws {
        func bits(_ threads: Int, _ gradient: GradientCase) throws -> [[UInt32]] {
            var found: [[UInt32]] = []
            _ = try gradient.run(on: CPUBackend(CPUConfiguration(threads: threads))) {
                found.append($0.values.map(\.bitPattern))
                return $0
            }
            return found
        }
        for gradient in GradientSuite.cases {
            let one = try bits(1, gradient)
            #expect(try bits(3, gradient) == one, "\(gradient)")
        }
    }

    /// A recording gives what the backend it wraps does.
    @Test func recordingChangesNoResult() throws {
        let backend = CPUBackend()
        for conformance in ConformanceSuite.cases {
            let outcome = try conformance.run(on: RecordingBackend(backend))
            #expect(outcome.isWithinBound, "\(conformance): \(outcome.error)")
        }
    }
}
