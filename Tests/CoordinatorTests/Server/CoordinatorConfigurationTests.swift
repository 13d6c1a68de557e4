import Coordinator
import Testing

struct CoordinatorConfigurationTests {
    private func configuration(_ endpoint: String, keys: Bool) -> CoordinatorConfiguration {
        CoordinatorConfiguration(
            stateFolder: "/nowhere",
            controlEndpoint: endpoint,
            bulkEndpoint: "ipc:///nowhere/bulk",
            usesKeys: keys
        )
    }

    @Test(arguments: [
        "tcp://127.0.0.1:7411", "tcp://127.1.2.3:*", "tcp://[::1]:7411", "tcp://localhost:7411",
        "ipc:///run/weft/control",
    ])
    func `this machine may be served without keys`(endpoint: String) throws {
        try configuration(endpoint, keys: false).check()
    }

    @Test(arguments: [
        "tcp://0.0.0.0:7411", "tcp://*:7411", "tcp://10.0.0.5:7411", "tcp://[::]:7411",
        "tcp://127.0.0.1.example.org:7411", "tcp://1270.0.0.1:7411", "tcp://eth0:7411",
    ])
    func `other machines are served with keys or on demand`(endpoint: String) throws {
        let error = #expect(throws: CoordinatorError.self) {
            try configuration(endpoint, keys: false).check()
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("--insecure") == true)
        try configuration(endpoint, keys: true).check()
        var insecure = configuration(endpoint, keys: false)
        insecure.isInsecure = true
        try insecure.check()
    }

    @Test(arguments: ["", "7411", "udp://127.0.0.1:7411", "tcp://", "tcp://:7411", "ipc://"])
    func `what is no endpoint is refused`(endpoint: String) {
        #expect(throws: CoordinatorError.self) { try configuration(endpoint, keys: true).check() }
    }
}
