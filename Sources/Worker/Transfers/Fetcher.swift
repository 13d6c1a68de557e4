package import Scheduling
import Tensors
package import WireProtocol

/// Gets the inputs of units from the coordinator into the cache, a few chunks at a time.
///
/// A value of the loop's thread with no socket: what is to be asked for is `requests`, what came is
/// told.
package final class Fetcher {
    /// Chunks on their way at most, over all inputs: the coordinator queues nothing more for us.
    package static let inFlightMax = 4
    /// Numbers of requests that are remembered, for refusals.
    private static let sequencesMax = 64

    private let cache: InputCache
    private var units: [Lease: [(name: String, key: InputKey)]] = [:]
    private var fetches: [Fetch] = []
    private var sequences: [UInt64: FetchMessage] = [:]

    package init(cache: InputCache) {
        self.cache = cache
    }

    /// What became of a unit's inputs.
    package enum Outcome: Hashable, Sendable {
        case ready(Lease)
        case missing(Lease, reason: String)
    }

    /// Starts to get the inputs of a unit; those under way are asked for again.
    package func start(_ offer: OfferMessage, at now: Instant) -> [Outcome] {
        let lease = offer.lease
        if let inputs = units[lease] {
            for fetch in fetches where inputs.contains(where: { $0.key == fetch.key }) {
                fetch.window.putAllBack()
            }
            return readyUnits(among: [lease])
        }
        units[lease] = []
        for input in offer.inputs {
            let key = InputKey(input, of: offer)
            do {
                if cache.use(key, for: lease, at: now) == .missing {
                    try begin(key, input, for: lease, at: now)
                }
                units[lease]?.append((input.name, key))
            } catch {
                forget(lease)
                return [.missing(lease, reason: "\(error)")]
            }
        }
        return readyUnits(among: [lease])
    }

    private func begin(
        _ key: InputKey,
        _ input: InputDescription,
        for lease: Lease,
        at now: Instant
    ) throws {
        guard try cache.reserve(key, input, for: lease, at: now) else {
            throw FetchError(
                "\(input.name): the input cache of \(cache.byteLimit) bytes has no room for it"
            )
        }
        do {
            fetches.append(
                try Fetch(key, input) { [cache] in try cache.writer(of: key, input) }
            )
        } catch {
            cache.drop(key)
            throw error
        }
    }

    /// What to ask for now; each has to be told by `sent` or `unsent`.
    package func requests(at now: Instant) -> [FetchMessage] {
        fetches.flatMap { fetch -> [FetchMessage] in
            let others = fetches.reduce(0) { $0 + ($1 === fetch ? 0 : $1.window.inFlightCount) }
            guard let lease = cache.users(of: fetch.key).first else { return [] }
            return fetch.requests(upTo: max(Self.inFlightMax - others, 0), at: now).map {
                FetchMessage(lease, input: fetch.description.name, chunk: $0)
            }
        }
    }

    /// A request is on its way under this number.
    package func sent(_ message: FetchMessage, as sequence: UInt64) {
        sequences[sequence] = message
        if sequences.count > Self.sequencesMax, let oldest = sequences.keys.min() {
            sequences[oldest] = nil
        }
    }

    /// A request could not be sent.
    package func unsent(_ message: FetchMessage) {
        fetch(of: message.lease, message.input)?.window.putBack(message.chunk)
    }

    /// A chunk came.
    package func take(_ message: ChunkMessage, _ bytes: [UInt8]) -> [Outcome] {
        guard let fetch = fetch(of: message.lease, message.header.name) else { return [] }
        do {
            guard try fetch.take(message.header, bytes) else { return [] }
            cache.finish(fetch.key)
            fetches.removeAll { $0 === fetch }
            return readyUnits(among: cache.users(of: fetch.key))
        } catch {
            // What is wrong with the input is wrong for all who need it.
            let users = cache.users(of: fetch.key)
            for lease in users { forget(lease) }
            return users.map { .missing($0, reason: "\(error)") }
        }
    }

    /// A request was refused.
    ///
    /// - Parameters:
    ///   - sequence: The number it was sent under.
    ///   - refusal: What the coordinator says.
    /// - Returns: The unit that needs it is given up, unless the refusal is for now only.
    package func refused(_ sequence: UInt64, _ refusal: Refusal) -> [Outcome] {
        guard let message = sequences.removeValue(forKey: sequence),
            let fetch = fetch(of: message.lease, message.input)
        else { return [] }
        switch refusal.reason {
        case .unexpected: fetch.window.putAllBack()
        case .unavailable:
            do {
                // The chunk stays on its way and is asked for again like a lost one.
                try fetch.postpone(refusal.text)
            } catch {
                forget(message.lease)
                return [.missing(message.lease, reason: error.description)]
            }
        default:
            fetch.window.putBack(message.chunk)
            forget(message.lease)
            return [.missing(message.lease, reason: refusal.text)]
        }
        return []
    }

    /// What was asked for on a connection that is no more is asked for again.
    package func startOver() {
        for fetch in fetches { fetch.window.putAllBack() }
        sequences = [:]
    }

    /// Files of a unit's inputs by name; nil unless all are there.
    package func inputs(of lease: Lease) -> [String: String]? {
        guard let inputs = units[lease] else { return nil }
        let paths = inputs.compactMap { input in cache.path(of: input.key).map { (input.name, $0) }
        }
        return paths.count == inputs.count ? Dictionary(uniqueKeysWithValues: paths) : nil
    }

    /// A unit needs its inputs no longer.
    package func forget(_ lease: Lease) {
        for (_, key) in units.removeValue(forKey: lease) ?? [] where cache.release(key, by: lease) {
            fetches.removeAll { $0.key == key }
        }
    }

    private func fetch(of lease: Lease, _ name: String) -> Fetch? {
        guard let input = units[lease]?.first(where: { $0.name == name }) else { return nil }
        return fetches.first { $0.key == input.key }
    }

    private func readyUnits(among leases: [Lease]) -> [Outcome] {
        leases.filter { inputs(of: $0) != nil }.map { .ready($0) }
    }
}
