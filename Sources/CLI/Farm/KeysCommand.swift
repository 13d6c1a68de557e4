import ArgumentParser
import Coordinator
import Tensors
import ZeroMQ

extension KeyRole: ExpressibleByArgument {}

/// `weft keys`: who is let into a farm.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make keys and say whose are let in.",
        subcommands: [Generate.self, Enrol.self, Revoke.self, List.self]
    )

    /// The coordinator's keys, which are in its state folder.
    struct StoreOption: ParsableArguments {
        @Option(help: "The coordinator's state folder.", completion: .directory)
        var state: String

        var store: KeyStore { KeyStore(folder: absolutePath(state) + "/keys") }
    }

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key pair and print its public key.",
            discussion: """
                With --state, the coordinator's own pair in its state folder. With --out, the pair \
                of a worker or a client: the secret key in that file, the public one beside it. A \
                secret key that is there is never replaced.
                """
        )

        @Option(help: "The coordinator's state folder.", completion: .directory)
        var state: String?

        @Option(help: "File of the secret key, such as worker.secret.", completion: .file())
        var out: String?

        @Flag(help: "Print one JSON object instead of text.")
        var json = false

        func validate() throws {
            guard (state == nil) != (out == nil) else {
                throw ValidationError("expected --state for a coordinator or --out for others")
            }
        }

        func run() throws {
            let made = try make()
            guard json else {
                print(made.key.z85)
                writeToStandardError("secret key: \(made.secret)\npublic key: \(made.publicPath)\n")
                return
            }
            let members: [String: JSONValue] = [
                "public_key": .string(made.key.z85), "secret_file": .string(made.secret),
                "public_file": .string(made.publicPath),
            ]
            print(JSONValue.object(members).serialized(isIndented: true))
        }

        private func make() throws -> (key: CurveKey, secret: String, publicPath: String) {
            guard let state else {
                let path = absolutePath(out ?? "")
                let pair = try CurveKeyPair.generate()
                try KeyFile.write(pair, to: path)
                return (pair.publicKey, path, KeyFile.publicPath(of: path))
            }
            let folder = absolutePath(state)
            try makeFolder(folder)
            let store = KeyStore(folder: folder + "/keys")
            let pair = try store.generate()
            return (pair.publicKey, store.serverSecretPath, store.serverPublicPath)
        }
    }

    struct Enrol: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the holder of a key in; a running coordinator notices by itself."
        )

        @Argument(help: "The public key: its 40 letters, or its file.")
        var key: String

        @Option(help: "A name for the holder: letters, digits, '.', '_' and '-'.")
        var name: String

        @Option(help: "What the holder may do: worker or client.")
        var role: KeyRole

        @OptionGroup var store: StoreOption

        func run() throws {
            let publicKey = try CurveKey(z85: key) ?? KeyFile.readPublic(absolutePath(key))
            try store.store.enrol(name, as: role, key: publicKey)
            print("\(name) is let in as a \(role.rawValue)")
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let holders of keys in no longer; within seconds they are served no more."
        )

        @Argument(help: "Names that were enrolled.")
        var names: [String]

        @OptionGroup var store: StoreOption

        func run() throws {
            for name in names {
                let revoked = try store.store.revoke(name)
                print("\(name) is no longer let in as a \(revoked.role.rawValue)")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "List who is let in."
        )

        @OptionGroup var store: StoreOption

        @Flag(help: "Print a JSON array instead of text.")
        var json = false

        func run() throws {
            let list = try store.store.list()
            for fault in list.faults { writeToStandardError("weft: \(fault)\n") }
            guard json else {
                for key in list.keys { print("\(key.key.z85) \(key.role.rawValue) \(key.name)") }
                return
            }
            let keys = list.keys.map { key -> JSONValue in
                .object([
                    "name": .string(key.name), "role": .string(key.role.rawValue),
                    "public_key": .string(key.key.z85),
                ])
            }
            print(JSONValue.array(keys).serialized(isIndented: true))
        }
    }
}
