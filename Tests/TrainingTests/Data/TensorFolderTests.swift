import Synchronization
import Tensors
import TestSupport
import Testing
import Training

struct TensorFolderTests {
    private let folder: TemporaryFolder
    private let told = Sentences()

    private final class Sentences: Sendable {
        let list = Mutex<[String]>([])
    }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(bytesMax: Int = 1 << 20) throws -> TensorFolder {
        try TensorFolder(folder("kept"), bytesMax: bytesMax) { [told] sentence in
            told.list.withLock { $0.append(sentence) }
        }
    }

    private func tensor(_ seed: Int) -> HostTensor {
        HostTensor((0..<24).map { Float($0) * 0.37 + Float(seed) }, [2, 3, 4])
    }

    /// Paths of all entries.
    private func entries() throws -> [String] {
        try SystemFile.names(in: folder("kept")).flatMap { inner in
            try SystemFile.names(in: folder("kept/\(inner)")).map { folder("kept/\(inner)/\($0)") }
        }
    }

    @Test func `what is kept is found again, by another process too`() throws {
        let first = try open()
        for seed in 0..<20 { first.keep(tensor(seed), "key \(seed)") }
        let second = try open()
        for found in [first, second] {
            for seed in 0..<20 { #expect(found.tensor("key \(seed)") == tensor(seed)) }
            #expect(found.tensor("key 20") == nil)
            #expect(found.counts == (20, 1))
        }
    }

    @Test func `what is damaged, cut off or of another key is made again`() throws {
        let kept = try open()
        kept.keep(tensor(1), "key")
        let path = try #require(try entries().first)
        let whole = try SystemFile.read(path, limit: 1 << 16)
        var damages: [[UInt8]] = [[], Array(whole.dropLast()), whole + [0], Array("foreign".utf8)]
        for index in stride(from: 0, to: whole.count, by: 7) {
            var bytes = whole
            bytes[index] ^= 0x21
            damages.append(bytes)
        }
        for bytes in damages {
            try SystemFile.writeAtomically(bytes, to: path)
            let found = kept.tensor("key")
            // Damage of what pads the header may go unseen: then the tensor is whole.
            #expect(found == nil || found == tensor(1))
        }
        #expect(kept.counts.misses > damages.count / 2)
        kept.keep(tensor(1), "key")
        #expect(kept.tensor("key") == tensor(1))
        // A file that belongs to another key, under this one's name.
        kept.keep(tensor(2), "other")
        let other = try #require(try entries().first { $0 != path })
        try SystemFile.writeAtomically(try SystemFile.read(other, limit: 1 << 16), to: path)
        #expect(kept.tensor("key") == nil)
    }

    @Test func `the oldest go where there is no room, and other files stay`() throws {
        try SystemFile.makeFolders(folder("kept/notes"))
        try SystemFile.writeAtomically([1], to: folder("kept/notes/mine.safetensors"))
        let kept = try open()
        kept.keep(tensor(0), "key 0")
        let size = try SystemFile.read(
            try #require(try entries().first { !$0.hasSuffix("mine.safetensors") }),
            limit: 1 << 16
        ).count
        let small = try open(bytesMax: 10 * size + size / 2)
        for seed in 1..<40 { small.keep(tensor(seed), "key \(seed)") }
        #expect((8...11).contains(try entries().count))
        #expect(small.tensor("key 39") == tensor(39))
        #expect(small.tensor("key 0") == nil)
        // Opened with less room, it is thinned out at once.
        let smaller = try open(bytesMax: 2 * size + size / 2)
        #expect(try entries().count == 3)
        #expect(smaller.tensor("key 39") == tensor(39))
        #expect(try SystemFile.status(of: folder("kept/notes/mine.safetensors")) != nil)
    }

    @Test func `a folder that takes no more is told of once`() throws {
        let kept = try open()
        // Something else has the names of all inner folders.
        for high in 0..<256 {
            let digits = String(high, radix: 16)
            let name = digits.count < 2 ? "0\(digits)" : digits
            try SystemFile.writeAtomically([], to: folder("kept/\(name)"))
        }
        for seed in 0..<5 { kept.keep(tensor(seed), "key \(seed)") }
        #expect(told.list.withLock { $0.count } == 1)
        #expect(kept.tensor("key 0") == nil)
        #expect(throws: FileError.self) {
            try TensorFolder(folder("kept/00"), bytesMax: 1) { _ in }
        }
    }
}
