import Foundation
import Scheduling

// What an entry holds that has no column of its own, as JSON that people can read.

/// A value in the column `data`.
protocol StoredValue: Codable {}

extension StoredValue {
    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            preconditionFailure("strings and integers have no JSON: \(error)")
        }
    }

    init?(json: String) {
        guard let value = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else {
            return nil
        }
        self = value
    }
}

struct StoredRequest: StoredValue {
    private let key: String
    private let name: String
    private let priority: Int
    private let workersMax: Int?
    private let isPaused: Bool

    init(_ request: JobRequest) {
        key = request.idempotencyKey
        name = request.name
        priority = request.priority
        workersMax = request.workersMax
        isPaused = request.isPaused
    }

    var request: JobRequest? {
        guard workersMax ?? 1 > 0 else { return nil }
        return JobRequest(
            idempotencyKey: key,
            name: name,
            priority: priority,
            workersMax: workersMax,
            isPaused: isPaused
        )
    }
}

struct StoredShots: StoredValue {
    let isLast: Bool
    private let shots: [Shot]

    /// Ranges are lists of two numbers, the end excluded.
    private struct Shot: Codable {
        let index: Int
        let firstFrame: Int
        let frames: Int
        let chunk: Int
        let windows: [[Int]]
        let rounds: [[Int]]
    }

    init(_ outlines: [ShotOutline], isLast: Bool) {
        self.isLast = isLast
        shots = outlines.map { outline in
            Shot(
                index: outline.index,
                firstFrame: outline.firstFrame,
                frames: outline.work.frameCount,
                chunk: outline.work.chunkFrames,
                windows: outline.work.windows.map { [$0.lowerBound, $0.upperBound] },
                rounds: outline.work.rounds.map { [$0.lowerBound, $0.upperBound] }
            )
        }
    }

    /// The shots; nil if one of them breaks a rule that an outline takes for granted.
    var outlines: [ShotOutline]? {
        var outlines: [ShotOutline] = []
        for shot in shots {
            guard shot.index >= 0, shot.firstFrame >= 0, shot.frames > 0, shot.chunk > 0,
                let windows = Self.ranges(shot.windows), let rounds = Self.ranges(shot.rounds),
                Self.isCovering(windows, shot.frames), Self.isGapless(rounds)
            else { return nil }
            let work = WorkOutline(
                frameCount: shot.frames,
                windows: windows,
                rounds: rounds,
                chunkFrames: shot.chunk
            )
            outlines.append(
                ShotOutline(index: shot.index, firstFrame: shot.firstFrame, work: work)
            )
        }
        return outlines
    }

    /// Ranges that are not empty and start at 0 or later.
    private static func ranges(_ pairs: [[Int]]) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        for pair in pairs {
            guard pair.count == 2, pair[0] >= 0, pair[0] < pair[1] else { return nil }
            ranges.append(pair[0]..<pair[1])
        }
        return ranges
    }

    private static func isCovering(_ windows: [Range<Int>], _ frames: Int) -> Bool {
        var covered = 0
        for (index, window) in windows.enumerated() {
            guard index == 0 || windows[index - 1].lowerBound < window.lowerBound,
                window.lowerBound <= covered, covered < window.upperBound
            else { return false }
            covered = window.upperBound
        }
        return covered == frames
    }

    private static func isGapless(_ rounds: [Range<Int>]) -> Bool {
        !rounds.isEmpty
            && zip(rounds, rounds.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound }
    }
}
