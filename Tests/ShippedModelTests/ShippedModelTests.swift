import ShippedModel
import Testing

struct ShippedModelTests {
    @Test(arguments: [
        (
            "/src/.build/release/weft",
            [
                "/src/.build/release/weft_ShippedModel.resources/weft-small",
                "/src/.build/share/weft/weft-small",
            ]
        ),
        (
            "/usr/local/bin/weft",
            [
                "/usr/local/bin/weft_ShippedModel.resources/weft-small",
                "/usr/local/share/weft/weft-small",
            ]
        ),
        (
            "/bin/weft",
            ["/bin/weft_ShippedModel.resources/weft-small", "/share/weft/weft-small"]
        ),
        ("/weft", ["/weft_ShippedModel.resources/weft-small"]),
    ])
    func `it is looked for beside the program and then where it is installed`(
        _ executable: String,
        _ places: [String]
    ) {
        #expect(ShippedModel.places(besides: executable) == places)
    }

    @Test(arguments: 0..<4) func `the first place that has a model counts`(present: Int) throws {
        let program = "/usr/bin/weft"
        let places = ShippedModel.places(besides: program)
        // Each subset of the two places.
        let there = places.indices.filter { present >> $0 & 1 == 1 }.map { places[$0] }
        let files = Set(there.map { "\($0)/model_index.json" } + places.map { "\($0)/README.md" })
        guard let expected = there.first else {
            #expect(throws: ShippedModelError(places: places)) {
                try ShippedModel.folder(besides: program, isFile: files.contains)
            }
            return
        }
        #expect(try ShippedModel.folder(besides: program, isFile: files.contains) == expected)
    }

    @Test func `a program without it says in one sentence where it looked`() {
        let text = ShippedModelError(places: ["/a/weft-small", "/b/weft-small"]).description
        #expect(
            text == "weft-small, the model that comes with weft, is neither at /a/weft-small nor "
                + "at /b/weft-small; install it there or choose another with --model"
        )
        #expect(!ShippedModelError(places: ["/a/weft-small"]).description.contains("nor"))
    }
}
