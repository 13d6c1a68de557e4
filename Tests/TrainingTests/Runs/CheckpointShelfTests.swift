import Tensors
import TestSupport
import Testing
import Training

struct CheckpointShelfTests {
    private let folder: TemporaryFolder
    private let shelf: CheckpointShelf

    private struct Interruption: Error {}

    init() throws {
        folder = try TemporaryFolder()
        shelf = try CheckpointShelf(folder("checkpoints"))
    }

    private func add(_ step: Int, _ text: String = "x") throws {
        try shelf.add(step) { place in
            try SystemFile.writeAtomically(Array(text.utf8), to: "\(place)/file")
        }
    }

    @Test func `names sort as steps do`() throws {
        let steps = [1, 9, 10, 99_999_999]
        for step in steps.reversed() { try add(step) }
        #expect(try shelf.steps() == steps)
        #expect(try SystemFile.names(in: shelf.path).first == "step-00000001")
        // Strangers are not checkpoints.
        for name in ["step-1", "step-", "step-0000000x", "notes", "damaged-step-00000005"] {
            try SystemFile.makeFolder("\(shelf.path)/\(name)")
        }
        #expect(try shelf.steps() == steps)
    }

    @Test func `a checkpoint that fails leaves nothing, and the others as they were`() throws {
        try add(1)
        #expect(throws: Interruption.self) {
            try shelf.add(2) { place in
                try SystemFile.writeAtomically([1], to: "\(place)/file")
                throw Interruption()
            }
        }
        #expect(try SystemFile.names(in: shelf.path) == ["step-00000001"])
    }

    @Test func `what a killed process left is removed`() throws {
        for name in [".step-00000002.partial", ".step-00000001.removed"] {
            _ = try folder.write("x", to: "checkpoints/\(name)/unet/file")
        }
        try add(3)
        _ = try CheckpointShelf(shelf.path)
        #expect(try SystemFile.names(in: shelf.path) == ["step-00000003"])
    }

    @Test func `a checkpoint of the same step is replaced`() throws {
        try add(5, "old")
        try add(5, "new")
        let bytes = try SystemFile.read("\(shelf.path(5))/file", limit: 10)
        #expect(String(decoding: bytes, as: UTF8.self) == "new")
    }

    @Test func `one that is set aside is kept under another name`() throws {
        try add(5)
        try shelf.setAside(5)
        #expect(try shelf.steps().isEmpty)
        #expect(try SystemFile.names(in: shelf.path) == ["damaged-step-00000005"])
        try add(5)
        try shelf.setAside(5)
        #expect(try shelf.steps().isEmpty)
    }

    @Test(
        arguments: [
            (2, nil, [30, 40]), (1, nil, [40]), (9, nil, [10, 20, 30, 40]), (1, 20, [20, 40]),
            (2, 10, [10, 20, 30, 40]), (1, 7, [40]),
        ] as [(Int, Int?, [Int])]
    )
    func `the newest and the multiples are kept`(keep: Int, every: Int?, kept: [Int]) throws {
        for step in [10, 20, 30, 40] { try add(step) }
        try shelf.prune(keep: keep, keepEvery: every)
        #expect(try shelf.steps() == kept)
        #expect(try SystemFile.names(in: shelf.path).count == kept.count)
    }
}
