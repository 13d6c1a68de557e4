import Scheduling
import Tensors
import WireProtocol

/// Bounds of the lines between worker and runner, both ways.
package enum RunnerLine {
    package static let bytesMax = 256 << 10
}

extension RunnerRequest {
    /// One line, with its end.
    package var line: [UInt8] {
        let value: JSONValue =
            switch self {
            case .run(let order): .object(["run": order.json])
            case .stop(let lease): .object(["stop": .string(lease.description)])
            }
        return Array(value.serialized().utf8) + [UInt8(ascii: "\n")]
    }

    /// Reads one line, without its end.
    ///
    /// - Throws: `RunnerMessageError` if it is no request.
    package init(line: [UInt8]) throws(RunnerMessageError) {
        let fields = try JSONFields(line: line, of: "request")
        if fields["run"] != nil {
            self = .run(try RunnerOrder(fields.fields("run")))
        } else {
            self = .stop(try fields.lease("stop"))
        }
    }
}

extension RunnerReply {
    /// One line, with its end.
    package var line: [UInt8] {
        let value: JSONValue =
            switch self {
            case .ready(let deviceClass):
                .object(["ready": .object(["device_class": .string(deviceClass)])])
            case .progress(let lease, let phase, let done):
                .object([
                    "progress": .object([
                        "lease": .string(lease.description), "phase": .string(phase.rawValue),
                        "done": .integer(done),
                    ])
                ])
            case .calibrated(let lease, let values):
                .object([
                    "calibrated": .object([
                        "lease": .string(lease.description),
                        "values": .array(values.map(\.json)),
                    ])
                ])
            case .finished(let lease): .object(["finished": .string(lease.description)])
            case .failed(let lease, let failure):
                .object([
                    "failed": .object([
                        "lease": .string(lease.description),
                        "class": .string(failure.failureClass.rawValue),
                        "reason": .string(failure.reason),
                    ])
                ])
            }
        return Array(value.serialized().utf8) + [UInt8(ascii: "\n")]
    }

    /// Reads one line, without its end.
    ///
    /// - Throws: `RunnerMessageError` if it is no reply.
    package init(line: [UInt8]) throws(RunnerMessageError) {
        let fields = try JSONFields(line: line, of: "reply")
        if fields["ready"] != nil {
            self = .ready(deviceClass: try fields.fields("ready").string("device_class"))
        } else if fields["progress"] != nil {
            let progress = try fields.fields("progress")
            self = .progress(
                try progress.lease("lease"),
                phase: try progress.oneOf("phase"),
                done: try progress.integer("done")
            )
        } else if fields["calibrated"] != nil {
            let calibrated = try fields.fields("calibrated")
            self = .calibrated(
                try calibrated.lease("lease"),
                try calibrated.floats("values", "at most \(WireLimits.calibrationValues) numbers") {
                    $0 <= WireLimits.calibrationValues
                }
            )
        } else if fields["failed"] != nil {
            let failed = try fields.fields("failed")
            self = .failed(
                try failed.lease("lease"),
                UnitFailure(try failed.oneOf("class"), try failed.string("reason"))
            )
        } else {
            self = .finished(try fields.lease("finished"))
        }
    }
}

extension RunnerOrder {
    /// Checks that the runner will read what is meant.
    ///
    /// - Throws: `RunnerMessageError` if a value does not fit a line.
    func check() throws(RunnerMessageError) {
        let request = RunnerRequest.run(self)
        guard try RunnerRequest(line: request.line.dropLast()) == request else {
            throw RunnerMessageError("request.run: a value that JSON does not keep")
        }
    }

    var json: JSONValue {
        .object([
            "lease": .string(lease.description),
            "kind": .string(lease.unit.unit.kind.rawValue),
            "job": job.json,
            "frames": order.frames.json,
            "first_frame": .integer(order.firstFrame),
            "steps": order.steps.json,
            "shot_frames": .integer(shotFrames),
            "depth_range": .array([depthRange.least.json, depthRange.largest.json]),
            "inputs": .object(inputs.mapValues { .string($0) }),
            "output": .string(output),
            "calibrates": .bool(calibrates),
            "result": .object([
                "name": .string(result.name),
                "type": .integer(Int(result.scalarType.rawValue)),
                "shape": .array(result.shape.map { .integer($0) }),
            ]),
        ])
    }

    init(_ fields: JSONFields) throws(RunnerMessageError) {
        let range = try fields.floats("depth_range", "two numbers") { $0 == 2 }
        let result = try fields.fields("result")
        guard
            let scalarType = TensorHeader.ScalarType(rawValue: try result.integer("type"))
        else { throw result.expected("type", "the number of a scalar type") }
        let shape = try result.array("shape").compactMap { value -> Int? in
            guard case .integer(let extent) = value, extent >= 0 else { return nil }
            return extent
        }
        guard shape.count == (try result.array("shape")).count else {
            throw result.expected("shape", "whole numbers from 0")
        }
        self.init(
            lease: try fields.lease("lease"),
            job: try JobSpecification(fields.fields("job")),
            order: UnitOrder(
                frames: try fields.range("frames"),
                firstFrame: try fields.integer("first_frame"),
                steps: try fields.range("steps")
            ),
            shotFrames: try fields.integer("shot_frames"),
            depthRange: DepthRange(least: range[0], largest: range[1]),
            inputs: try fields.strings("inputs"),
            output: try fields.string("output"),
            result: InputDescription(try result.string("name"), scalarType, shape)
        )
        calibrates = fields["calibrates"] == .bool(true)
    }
}

extension Float {
    /// A float passes through a double unchanged; JSON has no infinities, and the reader refuses
    /// what stands for one.
    fileprivate var json: JSONValue { isFinite ? .number(Double(self)) : .null }
}

extension Range<Int> {
    fileprivate var json: JSONValue { .array([.integer(lowerBound), .integer(upperBound)]) }
}

extension JSONFields {
    /// An array of numbers, as many as may be.
    fileprivate func floats(
        _ name: String,
        _ expected: String,
        isCount: (Int) -> Bool
    ) throws(RunnerMessageError) -> [Float] {
        var floats: [Float] = []
        for value in try array(name) {
            switch value {
            case .number(let number): floats.append(Float(number))
            case .integer(let number): floats.append(Float(number))
            default: throw self.expected(name, expected)
            }
        }
        guard isCount(floats.count), floats.allSatisfy(\.isFinite) else {
            throw self.expected(name, expected)
        }
        return floats
    }

    /// Reads a line as one object.
    init(line: [UInt8], of subject: String) throws(RunnerMessageError) {
        let value: JSONValue
        do {
            value = try JSONValue.parse(line, maximumBytes: RunnerLine.bytesMax, maximumDepth: 8)
        } catch {
            throw RunnerMessageError("\(subject): \(error)")
        }
        try self.init(value, of: subject)
    }
}
