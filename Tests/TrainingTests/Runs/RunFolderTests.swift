import Models
import Tensors
import TestSupport
import Testing
import Training

struct RunFolderTests {
    @Test func `a folder is one run's at a time`() throws {
        let folder = try TemporaryFolder()
        var first: RunFolder? = try RunFolder(folder("deep/run/"))
        #expect(first?.path == folder("deep/run"))
        let error = #expect(throws: TrainingError.self) { try RunFolder(folder("deep/run")) }
        #expect(error?.code == .inUse(folder: folder("deep/run")))
        first = nil
        _ = try RunFolder(folder("deep/run"))
    }

    @Test func `a fresh model is made once and is whole`() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder("run"))
        // As a killed process leaves it.
        _ = try folder.write("half", to: "run/.start.partial/unet/config.json")
        let path = try run.freshModel(.tiny, seed: 1)
        let names = try CheckpointFolder.open(path).components.map(\.name)
        #expect(names.count == 8)
        let before = try SystemFile.read("\(path)/model_index.json", limit: 1 << 20)
        #expect(try run.freshModel(.tiny, seed: 2) == path)
        #expect(try SystemFile.read("\(path)/model_index.json", limit: 1 << 20) == before)
    }

    @Test func `the model is the newest checkpoint, wherever the run is moved to`() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder("run"))
        for step in [5, 6] {
            try run.shelf.add(step) { place in
                try SystemFile.writeAtomically([UInt8(step)], to: "\(place)/file")
            }
            try run.pointModel(at: step)
        }
        try SystemFile.move(folder("run"), to: folder("moved"))
        #expect(try SystemFile.read(folder("moved/model/file"), limit: 1) == [6])
    }
}
