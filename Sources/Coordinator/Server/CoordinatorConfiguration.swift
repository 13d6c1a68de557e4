package import Scheduling
import WireProtocol

/// What an operator decides about a coordinator; read once, at its start.
package struct CoordinatorConfiguration: Sendable {
    /// Folder of the ledger, the results and the keys; made if it is missing.
    package var stateFolder: String
    /// Where workers and clients connect, such as `tcp://0.0.0.0:7411`; the port `*` takes a free
    /// one.
    package var controlEndpoint: String
    /// Where workers fetch inputs and deliver results.
    package var bulkEndpoint: String
    /// Whether peers prove who they are with keys of the state folder's allow-list.
    package var usesKeys: Bool
    /// Serve without keys beyond this machine: whoever reaches the ports can use the farm.
    package var isInsecure = false
    /// Folder that inputs and outputs of jobs have to be in; nil for any.
    package var mediaRoot: String?
    /// The program's version, which peers are told.
    package var software = ""
    package var farm = FarmConfiguration()
    package var limits = CoordinatorLimits()
    /// Bytes that stay free on the state folder's disk: the ledger must never find it full.
    package var freeBytesMin = 64 << 20
    /// Free bytes of the disk that holds a path; nil if the system does not say.
    package var freeBytes: @Sendable (_ path: String) -> Int? = DiskSpace.freeBytes
    /// Least time between two preview pictures of a job.
    package var previewInterval = Duration.seconds(3)
    /// Whether the run takes over the process's signals: SIGINT and SIGTERM end it, SIGHUP reads
    /// the allow-list again.
    package var handlesSignals = false

    package init(
        stateFolder: String,
        controlEndpoint: String,
        bulkEndpoint: String,
        usesKeys: Bool
    ) {
        self.stateFolder = stateFolder
        self.controlEndpoint = controlEndpoint
        self.bulkEndpoint = bulkEndpoint
        self.usesKeys = usesKeys
    }

    /// Refuses what would serve strangers.
    ///
    /// - Throws: `CoordinatorError` naming the endpoint and the ways out.
    package func check() throws(CoordinatorError) {
        for endpoint in [controlEndpoint, bulkEndpoint] {
            guard Self.isSpoken(endpoint) else {
                throw CoordinatorError(
                    .configuration,
                    "\(endpoint): expected tcp://ADDRESS:PORT or ipc://PATH"
                )
            }
            guard usesKeys || isInsecure || Self.isLocal(endpoint) else {
                throw CoordinatorError(
                    .configuration,
                    "\(endpoint) can be reached from other machines and there are no keys: make "
                        + "them with weft keys generate, listen on 127.0.0.1, or give --insecure "
                        + "to serve whoever connects"
                )
            }
        }
    }

    /// Whether only this machine can connect there.
    package static func isLocal(_ endpoint: String) -> Bool {
        if endpoint.hasPrefix("ipc://") { return true }
        guard let host = host(endpoint) else { return false }
        return host == "localhost" || host == "[::1]" || isLoopbackIPv4(host)
    }

    private static func isSpoken(_ endpoint: String) -> Bool {
        if endpoint.hasPrefix("ipc://") { return endpoint.utf8.count > "ipc://".utf8.count }
        return host(endpoint)?.isEmpty == false
    }

    /// The address of a TCP endpoint, without its port.
    private static func host(_ endpoint: String) -> Substring? {
        guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else {
            return nil
        }
        let start = endpoint.index(endpoint.startIndex, offsetBy: "tcp://".count)
        return start <= colon ? endpoint[start..<colon] : nil
    }

    /// All of 127.0.0.0/8, and nothing that merely begins like it.
    private static func isLoopbackIPv4(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// Bounds of what peers can make a coordinator hold.
package struct CoordinatorLimits: Hashable, Sendable {
    /// Peers that are remembered on each socket.
    package var connections = 20_000
    /// A peer that is silent for this long has to introduce itself again.
    package var idleConnection = Duration.seconds(120)
    /// Messages taken in one turn of the loop, from each socket.
    package var messagesPerTurn = 64
    /// Bytes of results that are on the way to the coordinator.
    package var uploadBytes = 1 << 30
    /// Results on the way from one worker.
    package var uploadsPerWorker = 8
    /// Bytes of inputs that are kept because workers fetch their chunks.
    package var inputBytes = 256 << 20
    /// Bytes of results that are kept because fusions read them again.
    package var resultBytes = 256 << 20
    /// Bytes that both kinds of what is kept may take.
    package var cacheBytes: Int { inputBytes + resultBytes }
    /// Chunks asked for and not sent, of all workers.
    package var waitingFetches = 4096
    /// Bytes of a chunk of an input.
    package var chunkBytes = 1 << 20
    /// Jobs that are open at a time.
    package var openJobs = 1000
    /// Jobs of one page of a list.
    package var jobsPerPage = 50
    /// Units that one answer lists.
    package var unitsPerPage = WireLimits.listed

    package init() {}
}
