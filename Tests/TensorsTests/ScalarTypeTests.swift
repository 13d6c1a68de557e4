import Tensors
import Testing

struct ScalarTypeTests {
    @Test func `names and sizes are those of safetensors`() {
        let sizes: [(String, Int)] = ScalarType.allCases.map { ($0.rawValue, $0.byteCount) }
        #expect(
            sizes.map(\.0).sorted() == [
                "BF16", "BOOL", "F16", "F32", "F64", "I16", "I32", "I64", "I8", "U8",
            ]
        )
        // The digits of a name are its bits.
        for (name, bytes) in sizes where name != "BOOL" {
            #expect(Int(name.drop { !$0.isNumber }) == bytes * 8)
        }
        #expect(ScalarType.bool.byteCount == 1)
        #expect(
            ScalarType.allCases.filter(\.isFloatingPoint).allSatisfy { $0.rawValue.contains("F") }
        )
        #expect(ScalarType.allCases.count(where: \.isFloatingPoint) == 4)
    }
}
