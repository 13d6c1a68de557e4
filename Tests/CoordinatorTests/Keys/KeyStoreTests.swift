import Coordinator
import Foundation
import Glibc
import TestSupport
import Testing
import ZeroMQ

struct KeyStoreTests {
    private func key() throws -> CurveKey { try CurveKeyPair.generate().publicKey }

    private func store(_ folder: TemporaryFolder) throws -> KeyStore {
        let store = KeyStore(folder: folder("keys"))
        _ = try store.generate()
        return store
    }

    @Test func `the coordinator's pair is made once and comes back`() throws {
        let folder = try TemporaryFolder()
        let store = KeyStore(folder: folder("keys"))
        let missing = #expect(throws: KeyStoreError.self) { try store.serverKeys() }
        #expect(missing?.description == "read \(store.serverSecretPath): No such file or directory")
        let pair = try store.generate()
        #expect(try store.serverKeys() == pair)
        #expect(try KeyFile.readPublic(store.serverPublicPath) == pair.publicKey)
        #expect(throws: KeyStoreError.self) { try store.generate() }
        #expect(try store.serverKeys() == pair)
        chmod(store.serverSecretPath, 0o444)
        #expect(throws: KeyStoreError.self) { try store.serverKeys() }
    }

    @Test func `who is enrolled is listed by name until revoked`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        #expect(try store.list().keys.isEmpty)
        let keys = try [key(), key(), key()]
        try store.enrol("node-2", as: .worker, key: keys[0])
        try store.enrol("desk.a", as: .client, key: keys[1])
        try store.enrol("node-1", as: .worker, key: keys[2])
        // Again, as after a lost answer.
        try store.enrol("node-1", as: .worker, key: keys[2])
        let all = [
            EnrolledKey(name: "desk.a", role: .client, key: keys[1]),
            EnrolledKey(name: "node-1", role: .worker, key: keys[2]),
            EnrolledKey(name: "node-2", role: .worker, key: keys[0]),
        ]
        #expect(try store.list().keys == all)
        #expect(try store.revoke("node-1") == all[1])
        #expect(try store.list().keys == [all[0], all[2]])
        let error = #expect(throws: KeyStoreError.self) { _ = try store.revoke("node-1") }
        #expect(error?.description == "nobody is enrolled as node-1")
    }

    @Test func `a name has one key and one role, and a key one name`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        let first = try key()
        let other = try key()
        try store.enrol("a", as: .worker, key: first)
        let clashes: [(String, KeyRole, CurveKey, KeyStoreError.Code)] = [
            ("a", .worker, other, .nameTaken("a")), ("a", .client, first, .nameTaken("a")),
            ("b", .worker, first, .keyTaken(name: "a")),
        ]
        for (name, role, key, code) in clashes {
            let error = #expect(throws: KeyStoreError.self) {
                try store.enrol(name, as: role, key: key)
            }
            #expect(error?.code == code)
        }
        #expect(try store.list().keys == [EnrolledKey(name: "a", role: .worker, key: first)])
    }

    @Test(arguments: [
        "", ".", "..", "a/b", "../a", "-a", "a b", "é", "a\n", String(repeating: "a", count: 65),
    ])
    func `a name that could leave the folder or confuse a person is refused`(name: String) throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        let key = try key()
        let error = #expect(throws: KeyStoreError.self) {
            try store.enrol(name, as: .worker, key: key)
        }
        #expect(error?.code == .invalidName(name))
    }

    @Test func `files that are no keys, or are twice, let nobody in and keep nobody out`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        let good = try key()
        let twice = try key()
        try store.enrol("good", as: .worker, key: good)
        for (name, text) in [
            ("bad.worker", "nonsense"), ("one.worker", twice.z85), ("two.client", twice.z85),
            ("README", "hello"), ("good.worker~", twice.z85), ("x.other", twice.z85),
        ] {
            try Data(text.utf8).write(to: URL(filePath: "\(store.allowedFolder)/\(name)"))
        }
        let list = try store.list()
        #expect(list.keys == [EnrolledKey(name: "good", role: .worker, key: good)])
        #expect(list.faults.count == 2)
        #expect(list.faults.contains { $0.description.contains("bad.worker: expected a key") })
    }

    @Test func `a folder in which others could enrol is refused`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        chmod(store.allowedFolder, 0o777)
        let error = #expect(throws: KeyStoreError.self) { _ = try store.list() }
        #expect(error?.description.contains("mode 0777") == true)
    }
}
