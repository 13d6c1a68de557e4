import Tensors
import TestSupport
import Testing

/// The gradients of attention on every kernel version against loops in float64.
struct CPUBackendAttentionGradientsTests {
    static let problems: [AttentionProblem] = [
        AttentionProblem(queries: 1, keys: 1, heads: 1, width: 3),
        AttentionProblem(queries: 1, keys: 9, heads: 2, width: 7),
        AttentionProblem(batch: 2, queries: 35, keys: 35, heads: 3, width: 40),
        AttentionProblem(batch: 2, queries: 150, keys: 143, heads: 2, width: 20),
        AttentionProblem(batch: 3, keyBatch: 1, queries: 19, keys: 77, heads: 2, width: 33),
        AttentionProblem(batch: 5, keyBatch: 1, queries: 70, keys: 1, heads: 3, width: 8),
        AttentionProblem(batch: 2, keyBatch: 1, queries: 300, keys: 7, heads: 1, width: 16),
        AttentionProblem(queries: 17, keys: 513, heads: 1, width: 80),
        AttentionProblem(batch: 2, queries: 66, keys: 64, heads: 1, width: 64),
        AttentionProblem(queries: 130, keys: 34, heads: 1, width: 160),
        AttentionProblem(queries: 41, keys: 130, heads: 1, width: 512),
        AttentionProblem(queries: 6, keys: 5, heads: 1, width: 331),
        AttentionProblem(batch: 2, queries: 77, keys: 77, heads: 2, width: 16, isCausal: true),
        AttentionProblem(queries: 290, keys: 290, heads: 1, width: 8, isCausal: true),
        AttentionProblem(queries: 9, keys: 40, heads: 1, width: 5, isCausal: true),
        AttentionProblem(batch: 2, queries: 11, keys: 21, heads: 2, width: 64, maskBatch: 2),
        AttentionProblem(batch: 3, queries: 33, keys: 127, heads: 2, width: 17, maskBatch: 1),
        AttentionProblem(
            batch: 2,
            keyBatch: 1,
            queries: 40,
            keys: 13,
            heads: 2,
            width: 24,
            maskBatch: 2
        ),
    ]

    /// Keys and values side by side, as a fused projection leaves them.
    private func found(_ problem: AttentionProblem, on backend: CPUBackend) throws -> [HostTensor] {
        let query = AttentionOperand(backend.upload(problem.query))
        let memory = backend.concatenateChannels([
            backend.upload(problem.key), backend.upload(problem.value),
        ])
        let columns = problem.columns
        let key = AttentionOperand(memory, column: 0, width: columns)
        let value = AttentionOperand(memory, column: columns, width: columns)
        let mask: AttentionMask =
            problem.isCausal
            ? .causal : problem.maskBatch > 0 ? .additive(backend.upload(problem.mask)) : .none
        let output = backend.attention(
            query: query,
            key: key,
            value: value,
            heads: problem.heads,
            scale: problem.scale,
            mask: mask
        )
        let gradients = backend.attentionGradient(
            query: query,
            key: key,
            value: value,
            heads: problem.heads,
            scale: problem.scale,
            mask: mask,
            output: output,
            gradient: backend.upload(problem.gradient)
        )
        return try [gradients.query, gradients.key, gradients.value].map { try $0.download() }
    }

    @Test(arguments: KernelVersion.available)
    func `gradients are those of the definition`(_ kernels: KernelVersion) throws {
        let backend = CPUBackend(CPUConfiguration(threads: 2, kernels: kernels))
        for problem in Self.problems {
            let found = try found(problem, on: backend)
            let expected = problem.gradients(
                problem.query.doubles,
                problem.key.doubles,
                problem.value.doubles,
                problem.gradient.doubles
            )
            for (found, expected) in zip(found, expected) {
                let error = squaredError(found, expected)
                let power = dot(expected, expected)
                #expect(error <= 1e-11 * power, "\(problem): \(error / power)")
            }
        }
    }

    @Test func `the definition's gradients are its differences`() {
        for problem in [
            AttentionProblem(batch: 2, keyBatch: 1, queries: 3, keys: 4, heads: 2, width: 3),
            AttentionProblem(queries: 4, keys: 4, heads: 1, width: 2, isCausal: true),
            AttentionProblem(batch: 2, queries: 2, keys: 3, heads: 1, width: 3, maskBatch: 2),
        ] {
            let (q, k, v) = (problem.query.doubles, problem.key.doubles, problem.value.doubles)
            let gradient = problem.gradient.doubles
            let found = problem.gradients(q, k, v, gradient)
            let errors = [
                differenceError(of: found[0], at: q) { dot(problem.attended($0, k, v), gradient) },
                differenceError(of: found[1], at: k) { dot(problem.attended(q, $0, v), gradient) },
                differenceError(of: found[2], at: v) { dot(problem.attended(q, k, $0), gradient) },
            ]
            #expect(errors.allSatisfy { $0 < 1e-8 }, "\(problem): \(errors)")
        }
    }

    @Test(arguments: KernelVersion.available)
    func `threads do not change a bit of a gradient`(_ kernels: KernelVersion) throws {
        let one = CPUBackend(CPUConfiguration(threads: 1, kernels: kernels))
        let three = CPUBackend(CPUConfiguration(threads: 3, kernels: kernels))
        for problem in Self.problems {
            #expect(try found(problem, on: one) == found(problem, on: three), "\(problem)")
        }
    }

    @Test func `a query that sees no key has no gradient`() throws {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        var mask = HostTensor(repeating: 0, [1, 2, 3])
        for key in 0..<3 { mask.values[key] = -.infinity }
        let x = AttentionOperand(backend.upload(randomTensor([1, 2, 4], seed: 1)))
        let memory = AttentionOperand(backend.upload(randomTensor([1, 3, 4], seed: 2)))
        let gradients = backend.attentionGradient(
            query: x,
            key: memory,
            value: memory,
            heads: 1,
            scale: 1,
            mask: .additive(backend.upload(mask)),
            output: backend.upload(randomTensor([1, 2, 4], seed: 3)),
            gradient: backend.upload(randomTensor([1, 2, 4], seed: 4))
        )
        let query = try gradients.query.download().values
        #expect(query.prefix(4).allSatisfy { $0 == 0 } && query.suffix(4).contains { $0 != 0 })
        #expect(try gradients.value.download().values.allSatisfy { $0.isFinite })
    }

    // MARK: Over frames

    /// Batch, frames, pixels, heads, width.
    static let clips: [[Int]] = [
        [1, 1, 5, 1, 8], [2, 8, 6, 2, 40], [1, 17, 3, 1, 33], [2, 1, 19, 3, 33], [1, 2, 35, 2, 20],
        [2, 7, 17, 1, 21], [1, 8, 33, 3, 7], [1, 16, 16, 2, 80], [2, 17, 18, 5, 13],
        [1, 33, 37, 2, 5], [1, 64, 3, 1, 18], [1, 65, 4, 1, 24], [1, 5, 1, 2, 12],
        [1, 40, 17, 3, 100],
    ]

    /// Gradients of a clip's attention over frames from queries, keys and values side by side.
    private func found(clip: [Int], on backend: CPUBackend) throws -> [HostTensor] {
        let columns = clip[3] * clip[4]
        let shape: Shape = [clip[0], clip[1], clip[2], columns]
        let parts = (1...3).map { backend.upload(randomTensor(shape, seed: UInt64($0))) }
        let fused = backend.concatenateChannels(parts)
        let operands = (0..<3).map {
            AttentionOperand(fused, column: $0 * columns, width: columns)
        }
        let output = backend.temporalAttention(
            query: operands[0],
            key: operands[1],
            value: operands[2],
            heads: clip[3],
            scale: 0.25
        )
        let gradients = backend.temporalAttentionGradient(
            query: operands[0],
            key: operands[1],
            value: operands[2],
            heads: clip[3],
            scale: 0.25,
            output: output,
            gradient: backend.upload(randomTensor(shape, seed: 4))
        )
        return try [gradients.query, gradients.key, gradients.value].map { try $0.download() }
    }

    @Test(arguments: KernelVersion.available)
    func `gradients over frames are those of each pixel's attention`(
        _ kernels: KernelVersion
    ) throws {
        let backend = CPUBackend(CPUConfiguration(threads: 2, kernels: kernels))
        for clip in Self.clips {
            let (b, f, p, columns) = (clip[0], clip[1], clip[2], clip[3] * clip[4])
            // One sequence a pixel. The definition's own scale is undone in the queries.
            let problem = AttentionProblem(
                batch: b * p,
                queries: f,
                keys: f,
                heads: clip[3],
                width: clip[4]
            )
            let inputs = (1...4).map {
                randomTensor([b, f, p, columns], seed: UInt64($0)).permuted([0, 2, 1, 3]).doubles
            }
            let ratio = 0.25 / Double(problem.scale)
            var expected = problem.gradients(
                inputs[0].map { $0 * ratio },
                inputs[1],
                inputs[2],
                inputs[3]
            )
            expected[0] = expected[0].map { $0 * ratio }
            for (found, expected) in zip(try found(clip: clip, on: backend), expected) {
                let error = squaredError(found.permuted([0, 2, 1, 3]), expected)
                let power = dot(expected, expected)
                #expect(error <= 1e-11 * power, "\(clip): \(error / power)")
            }
        }
    }

    @Test(arguments: KernelVersion.available)
    func `threads do not change a bit of a gradient over frames`(_ kernels: KernelVersion) throws {
        let one = CPUBackend(CPUConfiguration(threads: 1, kernels: kernels))
        let three = CPUBackend(CPUConfiguration(threads: 3, kernels: kernels))
        for clip in Self.clips {
            #expect(try found(clip: clip, on: one) == found(clip: clip, on: three), "\(clip)")
        }
    }
}

/// Σ (found − expected)²; infinite if anything is not finite.
func squaredError(_ found: HostTensor, _ expected: [Double]) -> Double {
    precondition(found.values.count == expected.count, "\(found.shape) is not \(expected.count)")
    let error = zip(found.values, expected).reduce(0.0) {
        $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1)
    }
    return error.isFinite ? error : .infinity
}
