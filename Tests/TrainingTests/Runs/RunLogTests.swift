import Tensors
import TestSupport
import Testing
import Training

struct RunLogTests {
    private let folder: TemporaryFolder
    private var path: String { folder("log.csv") }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func text() throws -> String {
        String(decoding: try SystemFile.read(path, limit: 1 << 20), as: UTF8.self)
    }

    private func run(from first: Int, to last: Int) throws {
        let log = try RunLog(path, after: first - 1)
        for step in first...last {
            // An image batch has no metric of its own.
            let extra = step % 3 == 0 ? [Metric("video", Double(step))] : []
            try log.append(step: step, [Metric("loss", 1 / Double(step))] + extra)
            #expect(try text() == log.table.text)
        }
        try log.synchronize()
    }

    @Test func `each row is in the file at once, under as many columns as there are`() throws {
        try run(from: 1, to: 7)
        #expect(try text().split(separator: "\n").count == 8)
    }

    @Test(arguments: [0, 1, 2, 3, 6])
    func `a log that goes on after a step ends as one that was never interrupted`(
        kept: Int
    ) throws {
        try run(from: 1, to: 9)
        let whole = try text()
        try run(from: kept + 1, to: 9)
        #expect(try text() == whole)
    }

    @Test func `half a line does not stay`() throws {
        try run(from: 1, to: 5)
        let whole = try text()
        try SystemFile.writeAtomically(Array((whole + "6,0.1").utf8), to: path)
        try run(from: 6, to: 6)
        #expect(try text().hasPrefix(whole + "6,0.16666666666666666,6.0\n"))
    }
}
