// Pointwise operations and movement of the suite; what only moves values must be exact.
extension ConformanceSuite {
    static let pointwise: [ConformanceCase] =
        Activation.allCases.map { activation in
            ConformanceCase("activate", "\(activation)") { backend in
                var draw = CaseInputs(seed: 10)
                let x = draw.tensor([20_011], scale: 4)
                let found = backend.upload(x).activate(activation)
                return (try found.download(), Reference(x).activated(activation))
            }
        } + [
            ConformanceCase("combine", "3 terms of 16401") { backend in
                var draw = CaseInputs(seed: 11)
                let parts = (0..<3).map { _ in draw.tensor([3, 5467]) }
                let factors: [Float] = [0.5, -1.25, 3]
                let found = backend.combine(
                    zip(factors, parts).map { ($0, backend.upload($1)) }
                )
                var expected = Reference(zeros: [3, 5467])
                for (factor, part) in zip(factors, parts) {
                    for index in part.values.indices {
                        expected.values[index] += Double(factor) * Double(part.values[index])
                    }
                }
                return (try found.download(), expected)
            }
        ]
        + [(1, 1), (4, 1), (3, 5), (2, 6)].map { rows, repeats in
            ConformanceCase("addRows", "\(rows) rows repeated \(repeats)") { backend in
                var draw = CaseInputs(seed: 12)
                let x = draw.tensor([2, 30, 35])
                let table = draw.tensor([rows, 35])
                let found = backend.upload(x).addRows(backend.upload(table), repeats: repeats)
                var expected = Reference(x)
                for index in expected.values.indices {
                    let row = index / 35 / repeats % rows
                    expected.values[index] += Double(table.values[row * 35 + index % 35])
                }
                return (try found.download(), expected)
            }
        }

    static let movement: [ConformanceCase] =
        permutations + resizes + joins + [
            ConformanceCase("depthToSpace", "2x3x4 by 2", bound: 0) { backend in
                var draw = CaseInputs(seed: 13)
                let x = draw.tensor([2, 3, 4, 20])
                let found = backend.upload(x).depthToSpace(factor: 2)
                let moved = Reference(Reference(x).values, [2, 3, 4, 2, 2, 5])
                    .permuted([0, 1, 3, 2, 4, 5])
                return (try found.download(), Reference(moved.values, [2, 6, 8, 5]))
            },
            ConformanceCase("gather", "5 of 7", bound: 0) { backend in
                var draw = CaseInputs(seed: 14)
                let table = draw.tensor([7, 33])
                let indices = [6, 0, 3, 3, 1]
                let found = backend.gather(backend.upload(table), indices)
                let rows = indices.flatMap { table.values[$0 * 33..<($0 + 1) * 33] }
                return (try found.download(), Reference(rows.map { Double($0) }, [5, 33]))
            },
        ]

    private static let permutations: [ConformanceCase] =
        [[0], [1, 0], [0, 2, 1], [2, 0, 1], [0, 3, 1, 2], [0, 2, 3, 1], [4, 2, 0, 3, 1]]
        .map { axes in permutation(of: Array([3, 5, 2, 7, 4].prefix(axes.count)), axes) } + [
            permutation(of: [1, 1], [1, 0]), permutation(of: [2, 83, 1, 35], [0, 3, 2, 1]),
            permutation(of: [4100, 1, 17], [1, 2, 0]), permutation(of: [17, 3, 16], [2, 1, 0]),
            permutation(of: [6, 70, 19], [1, 0, 2]), permutation(of: [3, 4, 5], [0, 1, 2]),
        ]

    private static func permutation(of extents: [Int], _ axes: [Int]) -> ConformanceCase {
        ConformanceCase("permute", "\(extents) to \(axes)", bound: 0) { backend in
            var draw = CaseInputs(seed: 15)
            let x = draw.tensor(Shape(extents))
            let found = backend.upload(x).permute(axes)
            return (try found.download(), Reference(x).permuted(axes))
        }
    }

    private static let resizes: [ConformanceCase] = ResizeFilter.allCases.flatMap { filter in
        [(7, 5, 14, 10), (6, 9, 4, 13), (1, 1, 3, 2), (5, 5, 5, 5)].map { h, w, height, width in
            let detail = "\(filter) \(h)x\(w)->\(height)x\(width)"
            return ConformanceCase("resize", detail) { backend in
                var draw = CaseInputs(seed: 16)
                let x = draw.tensor([2, h, w, 3])
                let found = backend.upload(x).resize(height: height, width: width, filter)
                let expected = Reference(x).resized(height: height, width: width, filter)
                return (try found.download(), expected)
            }
        }
    }

    private static let joins: [ConformanceCase] = [
        ConformanceCase("concatenateChannels", "3, 17 and 32", bound: 0) { backend in
            var draw = CaseInputs(seed: 17)
            let parts = [3, 17, 32].map { draw.tensor([2, 9, $0]) }
            let found = backend.concatenateChannels(parts.map { backend.upload($0) })
            var values: [Double] = []
            for row in 0..<18 {
                for part in parts {
                    let width = part.shape[2]
                    values += part.values[row * width..<(row + 1) * width].map { Double($0) }
                }
            }
            return (try found.download(), Reference(values, [2, 9, 52]))
        },
        ConformanceCase("concatenateOuter", "1, 2 and 3", bound: 0) { backend in
            var draw = CaseInputs(seed: 18)
            let parts = [1, 2, 3].map { draw.tensor([$0, 5, 7]) }
            let found = backend.concatenateOuter(parts.map { backend.upload($0) })
            let values = parts.flatMap { $0.values.map { Double($0) } }
            return (try found.download(), Reference(values, [6, 5, 7]))
        },
        ConformanceCase("sliceChannels", "5 ..< 22 of 40", bound: 0) { backend in
            var draw = CaseInputs(seed: 19)
            let x = draw.tensor([3, 8, 40])
            let found = backend.upload(x).sliceChannels(5..<22)
            let values = (0..<24).flatMap { x.values[$0 * 40 + 5..<$0 * 40 + 22] }
            return (try found.download(), Reference(values.map { Double($0) }, [3, 8, 17]))
        },
    ]
}
