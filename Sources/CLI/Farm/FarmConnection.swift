import ArgumentParser
import Coordinator
import Foundation
import Pipelines
import Scheduling
import WireProtocol
import ZeroMQ

/// Where the coordinator is and who asks; flags count before the environment.
struct FarmConnection: ParsableArguments {
    static let defaultControl = "tcp://127.0.0.1:7411"
    static let defaultBulk = "tcp://127.0.0.1:7412"

    @Option(
        help: """
            The coordinator's control endpoint; else WEFT_COORDINATOR, else \(defaultControl).
            """
    )
    var coordinator: String?

    @OptionGroup var keys: KeyOptions

    @Option(help: "Seconds to wait for an answer.")
    var patience = 10.0

    func validate() throws {
        guard patience > 0, patience <= 86400 else {
            throw ValidationError(
                "--patience: expected more than 0 up to 86400 s, found \(patience)"
            )
        }
    }

    var endpoint: String {
        coordinator ?? Environment.value("WEFT_COORDINATOR") ?? Self.defaultControl
    }

    func client(_ context: Context) throws -> FarmClient {
        let client = try FarmClient(
            context: context,
            endpoint: endpoint,
            keys: try keys.read().map { ClientKeys(server: $0.server, own: $0.own) },
            software: weftVersion
        )
        client.patience = .seconds(patience)
        return client
    }
}

extension FarmClient {
    /// Submits a job; what the coordinator does not find is an input that is not there.
    func submitting(_ job: JobSpecification, as request: JobRequest) throws -> JobID {
        do throws(FarmClientError) {
            return try submit(request, job)
        } catch {
            guard error.code == .refused(.unknown) else { throw error }
            throw Failure(.noInput, error.description)
        }
    }
}

/// Who this process is where a farm uses keys.
struct KeyOptions: ParsableArguments {
    @Option(
        help: "This side's secret key; else WEFT_KEY_FILE, else none.",
        completion: .file()
    )
    var keyFile: String?

    @Option(
        help: "The coordinator's public key; else WEFT_SERVER_KEY_FILE, else none.",
        completion: .file()
    )
    var serverKeyFile: String?

    /// The keys, or nil for a farm without.
    ///
    /// - Throws: `Failure` if only one of the files is named, or `KeyFileError` if one is none.
    func read() throws -> (server: CurveKey, own: CurveKeyPair)? {
        let own = keyFile ?? Environment.value("WEFT_KEY_FILE")
        let server = serverKeyFile ?? Environment.value("WEFT_SERVER_KEY_FILE")
        switch (own, server) {
        case (nil, nil): return nil
        case (let own?, let server?):
            return (try KeyFile.readPublic(server), try KeyFile.readPair(own))
        case (nil, .some):
            throw Failure(.usage, "--key-file: a server key alone lets nobody in; expected both")
        case (.some, nil):
            throw Failure(
                .usage,
                "--server-key-file: expected it with --key-file, to know whom to trust"
            )
        }
    }
}

enum Environment {
    /// A variable's value; empty is as good as none.
    static func value(_ name: String) -> String? {
        let value = ProcessInfo.processInfo.environment[name] ?? ""
        return value.isEmpty ? nil : value
    }
}
