import Coordinator
import Foundation
import Glibc
import TestSupport
import Testing
import ZeroMQ

@Suite(.timeLimit(.minutes(10)))
struct AllowListTests {
    private func store(_ folder: TemporaryFolder) throws -> KeyStore {
        let store = KeyStore(folder: folder("keys"))
        _ = try store.generate()
        return store
    }

    @Test func `enrolling, revoking and another role show at the next look`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        let list = AllowList(store)
        let key = try CurveKeyPair.generate().publicKey
        #expect(list.holder(of: key) == nil && list.verdict(on: key) == .refused)
        try store.enrol("a", as: .worker, key: key)
        #expect(list.refresh().isEmpty)
        let worker = EnrolledKey(name: "a", role: .worker, key: key)
        #expect(list.holder(of: key) == worker && list.verdict(on: key) == .admitted)
        _ = try store.revoke("a")
        #expect(list.refresh() == [worker])
        #expect(list.holder(of: key) == nil && list.verdict(on: key) == .refused)
        #expect(list.refresh().isEmpty)

        try store.enrol("a", as: .worker, key: key)
        #expect(list.refresh().isEmpty)
        _ = try store.revoke("a")
        try store.enrol("a", as: .client, key: key)
        #expect(list.refresh() == [worker])
        #expect(list.holder(of: key)?.role == .client)
    }

    @Test func `a key written into its file in place counts from the next look on`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        let old = try CurveKeyPair.generate().publicKey
        let new = try CurveKeyPair.generate().publicKey
        try store.enrol("a", as: .client, key: old)
        let list = AllowList(store)
        let file = try FileHandle(forWritingTo: URL(filePath: "\(store.allowedFolder)/a.client"))
        try file.write(contentsOf: Data(new.z85.utf8))
        try file.close()
        #expect(list.refresh() == [EnrolledKey(name: "a", role: .client, key: old)])
        #expect(list.verdict(on: old) == .refused && list.verdict(on: new) == .admitted)
    }

    @Test func `while the folder cannot be read nobody is on the list`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        let key = try CurveKeyPair.generate().publicKey
        try store.enrol("a", as: .worker, key: key)
        let list = AllowList(store)
        #expect(list.verdict(on: key) == .admitted && list.faults.isEmpty)
        let away = folder("away")
        try FileManager.default.moveItem(atPath: store.allowedFolder, toPath: away)
        #expect(list.refresh().map(\.name) == ["a"])
        #expect(list.verdict(on: key) == .unavailable && list.holder(of: key) == nil)
        #expect(
            list.faults.map(\.description) == [
                "read \(store.allowedFolder): No such file or directory"
            ]
        )
        try FileManager.default.moveItem(atPath: away, toPath: store.allowedFolder)
        #expect(list.refresh().isEmpty)
        #expect(list.verdict(on: key) == .admitted && list.faults.isEmpty)

        chmod(store.allowedFolder, 0o777)
        #expect(list.refresh().map(\.name) == ["a"])
        #expect(list.verdict(on: key) == .unavailable)
    }

    @Test func `the authenticator's question looks at the folder itself once the list is old`()
        throws
    {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        let key = try CurveKeyPair.generate().publicKey
        try store.enrol("a", as: .worker, key: key)
        let list = AllowList(store)
        _ = try store.revoke("a")
        let end = ContinuousClock.now.advanced(by: AllowList.refreshInterval)
        while ContinuousClock.now < end { usleep(50_000) }
        #expect(list.verdict(on: key) == .refused)
        // The loop is told all the same.
        #expect(list.refresh().map(\.name) == ["a"])
    }
}
