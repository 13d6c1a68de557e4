import Foundation

/// Every source file of a library has its test file, by name or by the map.
enum TestMapRules {
    /// Targets whose behaviour shows in the program's output, which the end-to-end tests read.
    static let exempt: Set<String> = ["CLI", "CZeroMQ", "CFFmpeg", "CProtobuf", "CKernels"]

    static func check(
        _ files: [SourceFile],
        map: [String: String],
        exists: (String) -> Bool
    ) -> [Violation] {
        let tests = Set(files.filter { $0.path.hasPrefix("Tests/") }.map(\.path))
        let names = Set(tests.map(testKey))
        var violations: [Violation] = []
        for file in files where file.isSwift {
            guard let target = file.target, !exempt.contains(target) else { continue }
            let name = (file.path as NSString).lastPathComponent.dropLast(".swift".count)
            // The extensions of a type may share the type's tests.
            let base = name.split(separator: "+")[0]
            let isTested = [name, base].contains {
                names.contains("\(target)Tests/\($0)Tests.swift")
            }
            switch (isTested, map[file.path]) {
            case (false, nil): violations.append(Violation(file, "no test file and not in the map"))
            case (true, .some): violations.append(Violation(file, "tested by name: leave the map"))
            case (false, .some(let test)) where !exists(test):
                violations.append(Violation(file, "the map names \(test), which is not there"))
            default: break
            }
        }
        let paths = Set(files.map(\.path))
        for path in map.keys.sorted() where !paths.contains(path) {
            violations.append(Violation(SourceFile(path, ""), "in the map but not in the tree"))
        }
        return violations
    }

    /// Target and file name of a test, without the folders between.
    private static func testKey(_ path: String) -> String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? "\(parts[1])/\(parts[parts.count - 1])" : path
    }

    /// Files that are tested under another's name.
    static let map: [String: String] = [
        "Sources/Pipelines/Version.swift": "Tests/EndToEndTests/ProgramTests.swift",
        "Sources/Tensors/Backend.swift": "Tests/TensorsTests/CPUBackendTests.swift",
        "Sources/WireProtocol/LibraryVersion.swift": "Tests/WireProtocolTests/EnvelopeTests.swift",
        "Sources/WireProtocol/ProtocolVersion.swift": "Tests/WireProtocolTests/EnvelopeTests.swift",
        "Sources/WireProtocol/WireError.swift": "Tests/WireProtocolTests/EnvelopeTests.swift",
        "Sources/WireProtocol/WireLimits.swift": "Tests/WireProtocolTests/EnvelopeTests.swift",
        "Sources/Worker/InstructionSet.swift": "Tests/WorkerTests/DeviceInventoryTests.swift",
        "Sources/ZeroMQ/LibraryVersion.swift": "Tests/ZeroMQTests/ContextTests.swift",
        "Sources/ZeroMQ/Message.swift": "Tests/ZeroMQTests/SocketTests.swift",
        "Sources/ZeroMQ/SocketOptions.swift": "Tests/ZeroMQTests/SocketTests.swift",
        "Sources/ZeroMQ/ZeroMQError.swift": "Tests/ZeroMQTests/SocketTests.swift",
    ]
}
