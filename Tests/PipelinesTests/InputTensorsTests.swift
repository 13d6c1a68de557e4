import Pipelines
import Tensors
import TestSupport
import Testing

struct InputTensorsTests {
    private func message(_ body: () throws(InputError) -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return error.description
        }
    }

    @Test func aMissingTensorTellsWhatIsThere() throws {
        let folder = try TemporaryFolder()
        let file = try tensorFile(
            ["noise": HostTensor([1], [1]), "latent": HostTensor([2], [1])],
            in: folder
        )
        let path = folder("in.safetensors")
        let expected = "\(path): sample: missing; the file holds latent, noise"
        #expect(
            message { () throws(InputError) in _ = try file.tensor("sample", rank: 1) } == expected
        )
        #expect(message { () throws(InputError) in _ = try file.values("sample") } == expected)
        #expect(message { () throws(InputError) in _ = try file.integerRows("sample") } == expected)
        #expect(
            message { () throws(InputError) in _ = try file.tensorOfAnyShape("sample") } == expected
        )
        #expect(try file.tensorIfPresent("sample", rank: 1) == nil)
        #expect(!file.contains("sample") && file.contains("noise"))
        let empty = try tensorFile([:], in: folder)
        #expect(
            message { () throws(InputError) in _ = try empty.tensor("sample", rank: 1) }
                == "\(path): sample: missing; the file holds nothing"
        )
    }

    @Test func anotherRankIsRefused() throws {
        let folder = try TemporaryFolder()
        let file = try tensorFile(["sample": randomTensor([2, 3], seed: 1)], in: folder)
        let path = folder("in.safetensors")
        #expect(
            message { () throws(InputError) in _ = try file.tensor("sample", rank: 4) }
                == "\(path): sample: expected 4 axes, found [2, 3]"
        )
        #expect(
            message { () throws(InputError) in _ = try file.tensorIfPresent("sample", rank: 4) }
                == "\(path): sample: expected 4 axes, found [2, 3]"
        )
        #expect(
            message { () throws(InputError) in _ = try file.values("sample") }
                == "\(path): sample: expected one value or a list, found [2, 3]"
        )
        #expect(try file.tensor("sample", rank: 2) == randomTensor([2, 3], seed: 1))
    }

    @Test func valuesAreOneOrAList() throws {
        let folder = try TemporaryFolder()
        let file = try tensorFile(
            [
                "scalar": HostTensor([3], []), "list": HostTensor([1, 2], [2]),
                "none": HostTensor([], [0]),
            ],
            in: folder
        )
        #expect(try file.values("scalar") == [3])
        #expect(try file.values("list") == [1, 2])
        #expect(throws: InputError.self) { try file.values("none") }
    }

    @Test func integersAreNotMadeOfFloats() throws {
        let folder = try TemporaryFolder()
        let path = folder("ids.safetensors")
        try SafetensorsFile.write(
            ["floats": HostTensor([1, 2], [1, 2])],
            integers: ["ids": ([5, 6, 7, 8], [2, 2])],
            to: path
        )
        let file = InputTensors(try SafetensorsFile.open(path))
        #expect(try file.integerRows("ids") == [[5, 6], [7, 8]])
        #expect(
            message { () throws(InputError) in _ = try file.integerRows("floats") }
                == "\(path): floats: expected integers, found F32"
        )
    }
}
