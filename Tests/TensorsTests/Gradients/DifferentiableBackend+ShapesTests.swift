import Tensors
import Testing

/// Shapes that derivatives take, on the processor's device; others check theirs by the same code.
@Suite struct DifferentiableBackendShapesTests {
    private let backend = CPUBackend(CPUConfiguration(threads: 1))

    private func zeros(_ shape: Shape) -> Tensor { backend.zeros(shape) }

    @Test func rowSumsCountRowsOfBothTables() {
        let sums = backend.rowSums(
            of: zeros([3, 4, 5]),
            column: 2,
            repeats: 2,
            into: zeros([6, 3])
        )
        #expect(sums == (rows: 12, channels: 5, tableRows: 6, columns: 3))
    }

    @Test func transposedKernelsStackOutputs() {
        let shape = backend.transposedShape([zeros([4, 6, 3, 3]), zeros([2, 6, 3, 3])])
        #expect(shape == [6, 6, 3, 3])
        #expect(backend.transposedShape([zeros([4, 6])]) == [6, 4])
    }

    @Test func gradientsOfAttentionAreDense() {
        let query = AttentionOperand(zeros([2, 5, 12]), column: 4, width: 8)
        let key = AttentionOperand(zeros([1, 7, 16]), column: 0, width: 8)
        let dense = zeros([2, 5, 8])
        let gradients = backend.attentionGradients(
            query: query,
            key: key,
            output: dense,
            gradient: dense
        )
        #expect(gradients.query.shape == [2, 5, 8])
        #expect(gradients.key.shape == [1, 7, 8])
        #expect(gradients.value.shape == [1, 7, 8])
    }

    @Test func columnsOfAGateAreHalf() {
        #expect(backend.gateColumns(zeros([3, 8])) == 4)
        #expect(backend.gateColumns(zeros([3, 8]), gradient: zeros([12])) == 4)
    }

    @Test func inputsThatCannotHaveGivenAGradientEndTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let geometry = ConvolutionGeometry(
                of: [1, 1, 3, 3],
                stride: 2,
                padding: Padding(top: 1, left: 1, bottom: 1, right: 1)
            )
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            let gradient = backend.zeros([1, 4, 4, 1])
            backend.checkInput(height: 9, width: 8, geometry, gradient: gradient)
        }
    }

    @Test func rowsOutsideATableEndTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            let target = backend.zeros([3, 2])
            backend.checkRows(of: backend.zeros([2, 2]), into: target, at: [0, 3])
        }
    }

    @Test func columnsBesideATensorEndTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            let target = backend.zeros([3, 4])
            backend.checkColumns(of: backend.zeros([3, 3]), into: target, column: 2)
        }
    }

    @Test func kernelsOfUnequalInputsEndTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            _ = backend.transposedShape([backend.zeros([4, 6, 3]), backend.zeros([4, 5, 3])])
        }
    }

    @Test func oddGatesEndTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            _ = backend.gateColumns(backend.zeros([3, 7]))
        }
    }

    @Test func updatesOfAnotherCountEndTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            let value = backend.zeros([4])
            backend.checkUpdate(of: value, with: [value, backend.zeros([3])])
        }
    }
}
