import Tensors
import TestSupport
import Testing
import Training

struct TrainingRecordTests {
    private let record = TrainingRecord(
        version: "1",
        stage: "gen1",
        step: 12,
        settings: ["lr": .number(1e-4), "clip": .null, "seed": .string("18446744073709551615")],
        updates: ["unet/a": 12, "unet/b": 0],
        checksums: ["value/unet/a": .max, "value/unet/b": 0]
    )

    @Test func `a record comes back from its text`() throws {
        let text = record.json.serialized(isIndented: true)
        #expect(TrainingRecord(try JSONValue.parse(Array(text.utf8))) == record)
    }

    @Test func `what is no record is none`() throws {
        guard case .object(let members) = record.json else { return }
        for key in members.keys {
            var other = members
            other[key] = nil
            #expect(TrainingRecord(.object(other)) == nil, "\(key)")
            other[key] = .bool(true)
            #expect(TrainingRecord(.object(other)) == nil, "\(key)")
        }
        for (key, value) in [
            ("schema", JSONValue.integer(2)), ("step", .integer(0)),
            ("updates", .object(["a": .integer(-1)])),
            ("checksums", .object(["a": .string("xyz")])),
        ] {
            var other = members
            other[key] = value
            #expect(TrainingRecord(.object(other)) == nil, "\(key)")
        }
        #expect(TrainingRecord(.null) == nil)
    }

    @Test func `differences are named as the options are, with both values`() {
        #expect(record.differences(stage: "gen1", settings: record.settings).isEmpty)
        var other = record.settings
        other["clip"] = .number(1)
        other["lr"] = nil
        let differences = record.differences(stage: "vae", settings: other)
        #expect(differences.map(\.name) == ["stage", "--clip", "--lr"])
        #expect(differences.map(\.recorded) == ["gen1", "not given", "0.0001"])
        #expect(differences.map(\.given) == ["vae", "1.0", "not given"])
    }

    @Test func `one bit, one place and one value more change the checksum`() {
        let values = randomTensor([100], seed: 1).values
        var sums = [TrainingRecord.checksum(values), TrainingRecord.checksum(values + [0])]
        for index in [0, 50, 99] {
            for bit in [0, 15, 31] {
                var other = values
                other[index] = Float(bitPattern: values[index].bitPattern ^ 1 << UInt32(bit))
                sums.append(TrainingRecord.checksum(other))
            }
        }
        var swapped = values
        swapped.swapAt(3, 4)
        sums.append(TrainingRecord.checksum(swapped))
        sums.append(TrainingRecord.checksum(values.map { -$0 }))
        #expect(Set(sums).count == sums.count)
    }
}
