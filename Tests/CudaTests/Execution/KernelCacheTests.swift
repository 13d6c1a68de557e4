import Cuda
import Tensors
import TestSupport
import Testing

struct KernelCacheTests {
    private let folder: TemporaryFolder
    private let key = KernelCache.Key(
        source: "source",
        target: .machineCode(90),
        options: ["-a", "-b"],
        compiler: CudaInventory.Library(path: "somewhere", major: 12, minor: 8)
    )
    private let code = (0..<1000).map { UInt8($0 % 251) } + Array("\n\n\n".utf8)

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `what was kept comes back, for the same key alone`() throws {
        let cache = KernelCache(folder: folder("a/b"))
        #expect(cache.code(for: key) == nil)
        try cache.keep(code, for: key)
        #expect(cache.code(for: key) == code)
        var others = [key, key, key, key]
        others[0].source = "other"
        others[1].target = .portable(90)
        others[2].options = ["-a"]
        others[3].compiler.minor = 9
        for other in others { #expect(cache.code(for: other) == nil) }
        // Where the compiler lies does not matter.
        var moved = key
        moved.compiler.path = "elsewhere"
        #expect(cache.code(for: moved) == code)
    }

    @Test func `damage anywhere and foreign entries count as absent, and are replaced`() throws {
        let cache = KernelCache(folder: folder("kernels"))
        try cache.keep(code, for: key)
        let name = try #require(SystemFile.names(in: folder("kernels")).first)
        let path = folder("kernels/\(name)")
        let whole = try SystemFile.read(path, limit: 1 << 20)
        for position in stride(from: 0, to: whole.count, by: 13) {
            var damaged = whole
            damaged[position] ^= 0x10
            try SystemFile.writeAtomically(damaged, to: path)
            #expect(cache.code(for: key) == nil, "byte \(position)")
        }
        for length in [0, 1, 40, whole.count - 1] {
            try SystemFile.writeAtomically(Array(whole[..<length]), to: path)
            #expect(cache.code(for: key) == nil, "\(length) bytes")
        }
        // Another key's entry under this one's name.
        var other = key
        other.options = []
        try cache.keep(code, for: other)
        let names = try SystemFile.names(in: folder("kernels"))
        let foreign = try #require(names.first { $0 != name })
        let bytes = try SystemFile.read(folder("kernels/\(foreign)"), limit: 1 << 20)
        try SystemFile.writeAtomically(bytes, to: path)
        #expect(cache.code(for: key) == nil)
        try cache.keep(code, for: key)
        #expect(cache.code(for: key) == code)
    }
}
