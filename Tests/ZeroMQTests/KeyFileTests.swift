import Foundation
import Glibc
import TestSupport
import Testing
import ZeroMQ

struct KeyFileTests {
    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test func `a pair comes back from its file, and its public key from the one beside`() throws {
        let folder = try TemporaryFolder()
        let path = folder("worker.secret")
        let pair = try CurveKeyPair.generate()
        try KeyFile.write(pair, to: path)
        #expect(try KeyFile.readPair(path) == pair)
        #expect(try KeyFile.readPublic(folder("worker.public")) == pair.publicKey)
        #expect(try mode(path) == 0o400)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
        #expect(KeyFile.publicPath(of: "a/b") == "a/b.public")
        #expect(KeyFile.publicPath(of: "a/b.secret") == "a/b.public")
    }

    @Test func `a secret key is never replaced`() throws {
        let folder = try TemporaryFolder()
        let path = folder("server.secret")
        let first = try CurveKeyPair.generate()
        try KeyFile.write(first, to: path)
        let second = try CurveKeyPair.generate()
        let error = #expect(throws: KeyFileError.self) { try KeyFile.write(second, to: path) }
        #expect(error?.path == path && error?.reason == .alreadyThere)
        #expect(try KeyFile.readPair(path) == first)
        #expect(try KeyFile.readPublic(folder("server.public")) == first.publicKey)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }

    @Test(arguments: [0o404, 0o444, 0o460, 0o644, 0o666, 0o777])
    func `a secret that others can reach is refused, with its mode`(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        let path = folder("open.secret")
        try KeyFile.write(try .generate(), to: path)
        chmod(path, mode)
        let error = #expect(throws: KeyFileError.self) { try KeyFile.readPair(path) }
        #expect(error?.reason == .tooOpen(mode: mode))
        #expect(
            error?.description
                == "\(path): a secret key with mode 0\(String(mode, radix: 8)), expected 0400: "
                + "others can read it"
        )
        chmod(path, 0o600)
        _ = try KeyFile.readPair(path)
    }

    @Test(arguments: ["", "x", "\n", "long"])
    func `what is not one key is refused`(kind: String) throws {
        let folder = try TemporaryFolder()
        let key = try CurveKeyPair.generate()
        let text = kind == "long" ? key.secretZ85 + "\n" + key.secretZ85 : kind
        let path = folder("bad.secret")
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, 0o400)
        for read in [{ _ = try KeyFile.readPair(path) }, { _ = try KeyFile.readPublic(path) }] {
            let error = #expect(throws: KeyFileError.self) { try read() }
            #expect(error?.path == path && error?.reason == .malformed)
        }
    }

    @Test func `a missing file, a folder and a pipe are one sentence each`() throws {
        let folder = try TemporaryFolder()
        let missing = folder("none")
        let error = #expect(throws: KeyFileError.self) { try KeyFile.readPublic(missing) }
        #expect(error?.isMissing == true)
        #expect(error?.description == "read \(missing): No such file or directory")
        let pipe = folder("pipe")
        mkfifo(pipe, 0o600)
        for path in [folder.path, pipe] {
            let error = #expect(throws: KeyFileError.self) { try KeyFile.readPair(path) }
            #expect(error?.reason == .malformed && error?.isMissing == false)
        }
        let unmade = folder("no/such/file.secret")
        let pair = try CurveKeyPair.generate()
        #expect(throws: KeyFileError.self) { try KeyFile.write(pair, to: unmade) }
    }
}
