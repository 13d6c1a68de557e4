// Pointwise operations and movement of the suite of gradients.
extension GradientSuite {
    static let pointwise: [GradientCase] =
        Activation.allCases.map { activation in
            GradientCase("activate", "\(activation)", draw(41, [[20_011]], scale: [3])) {
                $0.tensor(0).activate(activation)
            } reference: {
                $0[0].activated(activation)
            }
        } + [
            GradientCase(
                "combine",
                "3 terms of 105, one of them twice",
                draw(42, [[3, 35], [3, 35]])
            ) {
                $0.recording.combine([
                    (0.5, $0.tensor(0)), (-1.25, $0.tensor(1)), (1, $0.tensor(0)),
                ])
            } reference: { operands in
                Reference(
                    zip(operands[0].values, operands[1].values).map { 1.5 * $0 - 1.25 * $1 },
                    [3, 35]
                )
            }
        ]
        + [(1, 1), (4, 1), (3, 5), (2, 6)].map { rows, repeats in
            GradientCase(
                "addRows",
                "\(rows) rows repeated \(repeats)",
                draw(43, [[2, 150, 35], [rows, 35]])
            ) {
                $0.tensor(0).addRows($0.tensor(1), repeats: repeats)
            } reference: { operands in
                var result = operands[0]
                for index in result.values.indices {
                    let row = index / 35 / repeats % rows
                    result.values[index] += operands[1].values[row * 35 + index % 35]
                }
                return result
            }
        }

    static let movement: [GradientCase] =
        [
            GradientCase("gather", "5 of 7", draw(44, [[7, 33]])) {
                $0.recording.gather($0.tensor(0), [6, 0, 3, 3, 1])
            } reference: {
                $0[0].gathered([6, 0, 3, 3, 1])
            },
            GradientCase(
                "concatenateChannels",
                "3, 17 and 32",
                draw(45, [[2, 9, 3], [2, 9, 17], [2, 9, 32]])
            ) {
                $0.recording.concatenateChannels([$0.tensor(0), $0.tensor(1), $0.tensor(2)])
            } reference: { operands in
                let rows = (0..<18).flatMap { row in
                    operands.flatMap { $0.values[row * $0.columns..<(row + 1) * $0.columns] }
                }
                return Reference(rows, [2, 9, 52])
            },
            GradientCase(
                "concatenateOuter",
                "1, 2 and 1 again",
                draw(46, [[1, 5, 7], [2, 5, 7]])
            ) {
                $0.recording.concatenateOuter([$0.tensor(0), $0.tensor(1), $0.tensor(0)])
            } reference: {
                Reference($0[0].values + $0[1].values + $0[0].values, [4, 5, 7])
            },
            GradientCase("sliceChannels", "5 ..< 22 of 40", draw(47, [[3, 8, 40]])) {
                $0.tensor(0).sliceChannels(5..<22)
            } reference: {
                $0[0].columns(5..<22)
            },
            GradientCase("permute", "4 axes", draw(48, [[3, 5, 2, 7]])) {
                $0.tensor(0).permute([2, 0, 3, 1])
            } reference: {
                $0[0].permuted([2, 0, 3, 1])
            },
            GradientCase("depthToSpace", "2x3x4 by 2", draw(49, [[2, 3, 4, 20]])) {
                $0.tensor(0).depthToSpace(factor: 2)
            } reference: {
                let moved = Reference($0[0].values, [2, 3, 4, 2, 2, 5])
                    .permuted([0, 1, 3, 2, 4, 5])
                return Reference(moved.values, [2, 6, 8, 5])
            },
        ] + resizes

    private static let resizes: [GradientCase] = ResizeFilter.allCases.flatMap { filter in
        [(7, 5, 14, 10), (6, 9, 4, 13), (1, 1, 3, 2), (5, 5, 5, 5)].map { h, w, height, width in
            GradientCase(
                "resize",
                "\(filter) \(h)x\(w)->\(height)x\(width)",
                draw(50, [[2, h, w, 3]])
            ) {
                $0.tensor(0).resize(height: height, width: width, filter)
            } reference: {
                $0[0].resized(height: height, width: width, filter)
            }
        }
    }
}

extension Reference {
    /// Columns `range` of each row.
    func columns(_ range: Range<Int>) -> Reference {
        let taken = (0..<rows).flatMap { row in
            values[row * columns + range.lowerBound..<row * columns + range.upperBound]
        }
        return Reference(taken, Shape(shape.dimensions.dropLast() + [range.count]))
    }

    /// Rows of a matrix.
    func gathered(_ indices: [Int]) -> Reference {
        let taken = indices.flatMap { values[$0 * columns..<($0 + 1) * columns] }
        return Reference(taken, [indices.count, columns])
    }
}
