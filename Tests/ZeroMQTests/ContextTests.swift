import Testing
import ZeroMQ

@Suite(.timeLimit(.minutes(10)))
struct ContextTests {
    @Test func `a context has room for as many sockets as it was made for`() throws {
        let context = try Context(socketLimit: 2)
        let first = try Socket(.pair, in: context)
        let second = try Socket(.pair, in: context)
        let full = #expect(throws: ZeroMQError.self) { _ = try Socket(.pair, in: context) }
        #expect(full?.description == "open pair socket: Too many open files")
        _ = consume first
        _ = consume second
    }

    @Test func `a context outlives its last name for as long as a socket is open`() throws {
        func open() throws -> Socket { try Socket(.pair, in: Context()) }
        let socket = try open()
        #expect(try socket.bind("inproc://alone") == "inproc://alone")
    }

    @Test func `the version is the installed library's`() throws {
        let parts = zeroMQVersion().split(separator: ".").compactMap { Int($0) }
        #expect(parts.count == 3 && parts[0] == 4)
    }

    @Test(arguments: [
        ([4, 3, 2], false), ([4, 3, 3], true), ([4, 3, 4], true), ([4, 2, 9], false),
        ([3, 9, 9], false), ([4, 4, 0], true), ([5, 0, 0], true),
    ])
    func `versions with known holes are refused`(numbers: [Int], isSafe: Bool) {
        #expect(isSafeZeroMQ(numbers) == isSafe)
    }
}
