package import Tensors

extension VideoReport {
    /// The table for people: measures with values, what is not measured, and notes.
    package var text: String {
        let rows = Measure.allCases.compactMap { measure -> [String]? in
            guard let value = values[measure] else { return nil }
            return [
                measure.label, CurvePlot.fixed(value, measure.decimals),
                sourceValues[measure].map { CurvePlot.fixed($0, measure.decimals) } ?? "",
                measure.unit,
            ]
        }
        var text = TextTable(header: ["measure", "output", "source", "unit"], rows: rows).text
        if !skipped.isEmpty {
            text += "not measured:\n"
            // Measures with one reason are told together.
            var told: [(reason: String, labels: [String])] = []
            for measure in Measure.allCases {
                guard let reason = skipped[measure] else { continue }
                if let place = told.firstIndex(where: { $0.reason == reason }) {
                    told[place].labels.append(measure.label)
                } else {
                    told.append((reason, [measure.label]))
                }
            }
            for (reason, labels) in told {
                text += "  \(labels.joined(separator: "; ")): \(reason)\n"
            }
        }
        if !notes.isEmpty {
            text += "notes:\n" + notes.map { "  \($0)\n" }.joined()
        }
        return text
    }

    /// The report as the members of a JSON object.
    package var json: [String: JSONValue] {
        var measures: [String: JSONValue] = [:]
        for (measure, value) in values {
            var members: [String: JSONValue] = [
                "output": .number(value), "unit": .string(measure.unit),
            ]
            if let source = sourceValues[measure] { members["source"] = .number(source) }
            measures[measure.rawValue] = .object(members)
        }
        let reasons = skipped.map { ($0.key.rawValue, JSONValue.string($0.value)) }
        let series = curves.mapValues { values in
            JSONValue.array(values.map { $0.map { .number($0) } ?? .null })
        }
        return [
            "measures": .object(measures),
            "not_measured": .object(Dictionary(uniqueKeysWithValues: reasons)),
            "notes": .array(notes.map { .string($0) }),
            "series": .object(series),
        ]
    }
}
