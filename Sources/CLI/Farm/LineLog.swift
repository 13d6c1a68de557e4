import ArgumentParser
import Coordinator
import Glibc
import Logging
import Synchronization
import Tensors

/// The levels of swift-log by their names.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error, critical

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
}

/// How a daemon logs.
struct LogOptions: ParsableArguments {
    @Option(help: "The least level that is logged.")
    var logLevel = LogLevel.info

    @Option(help: "Lines for people or JSON objects.")
    var logFormat = LogFormat.text

    func logger(_ label: String, to descriptor: Int32 = STDERR_FILENO) -> Logger {
        var logger = Logger(label: label) { _ in LineLog(descriptor, logFormat) }
        logger.logLevel = logLevel.level
        return logger
    }
}

/// Writes each entry as one line to a descriptor that stays open for the life of the process.
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    private let descriptor: Int32
    private let format: LogFormat

    init(_ descriptor: Int32, _ format: LogFormat) {
        self.descriptor = descriptor
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var values = metadata
        for (key, value) in event.metadata ?? [:] { values[key] = value }
        let pairs = values.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let now = UTCTime.text(Int64(time(nil)))
        writeText(line(event.level, "\(event.message)", pairs, now) + "\n", to: descriptor)
    }

    private func line(
        _ level: Logger.Level,
        _ message: String,
        _ pairs: [(String, String)],
        _ now: String
    ) -> String {
        switch format {
        case .json:
            var members: [String: JSONValue] = [
                "time": .string(now), "level": .string(level.rawValue),
                "message": .string(message),
            ]
            for (key, value) in pairs where members[key] == nil { members[key] = .string(value) }
            return JSONValue.object(members).serialized()
        case .text:
            // A line is an entry, whatever peers put into names.
            let text = ([message] + pairs.map { "\($0)=\($1)" }).joined(separator: " ")
            let clean = String(text.map { $0.isNewline ? " " : $0 })
            return "\(now) \(level.rawValue) \(clean)"
        }
    }
}
