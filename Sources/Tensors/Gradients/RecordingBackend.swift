/// A backend that wraps another one and remembers what it was asked, so that a network built on it
/// can be trained.
///
/// Each operation runs on the wrapped backend; what its derivative needs goes on a tape that
/// `backward` walks once, in reverse. Only what depends on a trainable parameter, or on a tensor
/// that is watched, is followed: the rest costs nothing. Tensors of the wrapped backend may be
/// operands beside recorded ones, as constants.
///
/// Unlike other backends it serves one thread at a time: a recording is one line of events.
package final class RecordingBackend: Backend {
    package let base: any DifferentiableBackend
    /// Whether parts that networks mark with `segment` are run again on the way back, instead of
    /// being remembered: activation checkpointing.
    package let usesSegments: Bool
    /// In order of declaration, frozen ones among them.
    package private(set) var parameters: [TrainableParameter] = []

    private var tape: [() throws -> Void] = []
    private var isRecording = true
    /// Whether an operation has met something that is followed since this was last cleared.
    private var hasMetFollowed = false
    private var component = ""
    private var trains: (String) -> Bool = { _ in true }

    package init(_ base: any DifferentiableBackend, segments: Bool = false) {
        self.base = base
        usesSegments = segments
    }

    package var summary: String { "\(base.summary), recording" }

    // MARK: Networks

    /// Runs `body`, which builds a network or several: parameters prepared meanwhile belong to
    /// `component`, and those whose key `trains` accepts get gradients.
    package func loading<Result>(
        component: String,
        trains: @escaping (String) -> Bool = { _ in true },
        _ body: () throws -> Result
    ) rethrows -> Result {
        let before = (self.component, self.trains)
        (self.component, self.trains) = (component, trains)
        defer { (self.component, self.trains) = before }
        return try body()
    }

    func declare(_ stored: StoredTensor) -> ParameterUse {
        let origin =
            switch stored.arrangement {
            case nil: stored
            case .permuted(let source, _): source
            case .repeated(let source): source
            }
        let parameter = TrainableParameter(
            component: component,
            origin,
            trains: trains(origin.name),
            on: base
        )
        parameters.append(parameter)
        return ParameterUse(
            parameter: parameter,
            shape: stored.shape,
            arrangement: stored.arrangement
        )
    }

    // MARK: Derivatives

    /// A tensor equal to `x` whose gradient is wanted; not inside a segment.
    package func watch(_ x: Tensor) -> Tensor {
        let operand = operand(x)
        let slot = GradientSlot(count: x.count, isKept: true, on: base)
        if isRecording, let target = operand.target {
            tape.append {
                if let gradient = slot.take() { target.add(gradient) }
            }
        }
        return wrap(operand.tensor, slot: slot)
    }

    /// The gradient that has reached a tensor that `watch` gave; nil if none has.
    package func gradient(of watched: Tensor) -> Tensor? {
        guard let slot = (watched.buffer as? RecordedBuffer)?.slot, slot.isKept else { return nil }
        return slot.gradient.map { wrap($0.reshaped(watched.shape), slot: nil) }
    }

    /// The same values as a constant: no gradient passes.
    package func constant(_ x: Tensor) -> Tensor {
        wrap(unwrap(x), slot: nil)
    }

    /// Runs `body` without remembering anything.
    package func withoutRecording<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = isRecording
        isRecording = false
        defer { isRecording = before }
        return try body()
    }

    /// Goes back from tensors whose gradients are given: adds what reaches parameters and watched
    /// tensors to their gradients, and forgets the tape.
    ///
    /// - Parameter seeds: Tensors that were recorded, and the gradient by each.
    /// - Throws: `BackendError` if the device failed.
    package func backward(_ seeds: [(tensor: Tensor, gradient: HostTensor)]) throws {
        defer { forget() }
        for seed in seeds {
            precondition(
                seed.gradient.shape == seed.tensor.shape,
                "a gradient of \(seed.gradient.shape) for \(seed.tensor.shape)"
            )
            guard let target = operand(seed.tensor).target else {
                preconditionFailure("nothing that trains or is watched leads to a seed")
            }
            target.add(PassedGradient(new: base.upload(seed.gradient)))
        }
        isRecording = false
        defer { isRecording = true }
        // A step's memory is free for the steps before it.
        while let step = tape.popLast() { try step() }
    }

    /// Sets all parameters' gradients to none.
    package func clearGradients() {
        for parameter in parameters { parameter.slot.clear() }
    }

    /// Drops the tape.
    package func forget() {
        tape = []
    }

    package func segment(
        _ inputs: consuming [Tensor],
        _ body: @escaping (consuming [Tensor]) -> Tensor
    ) -> Tensor {
        guard usesSegments, isRecording else { return body(consume inputs) }
        let inputs = consume inputs
        let before = hasMetFollowed
        hasMetFollowed = false
        let result = withoutRecording { body(inputs) }
        let isFollowed = hasMetFollowed
        hasMetFollowed = before || isFollowed
        return record(unwrap(result), if: isFollowed) { [unowned self] gradient in
            isRecording = true
            // The steps remembered here are the next on the way back.
            let target = operand(body(inputs)).target
            isRecording = false
            target?.add(gradient)
        }
    }

    /// A function of values on the host, for what is not worth an operation.
    ///
    /// - Parameters:
    ///   - inputs: Tensors whose values it takes.
    ///   - forward: Makes results of the inputs' values, and of the gradients by the results (nil
    ///     for a result nobody used) the gradients by the inputs (nil for none).
    /// - Returns: The results.
    /// - Throws: `BackendError` if the device failed.
    package func hostFunction(
        _ inputs: [Tensor],
        _ forward: ([HostTensor]) -> (
            outputs: [HostTensor], gradient: ([HostTensor?]) -> [HostTensor?]
        )
    ) throws -> [Tensor] {
        let operands = inputs.map(operand)
        let (outputs, gradient) = forward(try operands.map { try base.download($0.tensor) })
        let results = outputs.map { base.upload($0) }
        let targets = operands.map(\.target)
        guard targets.contains(where: { $0 != nil }) else {
            return results.map { wrap($0, slot: nil) }
        }
        return record(results) { [base] gradients in
            let values = try gradients.map { try $0.map { try base.download($0.tensor) } }
            for (target, value) in zip(targets, gradient(values)) {
                guard let target, let value else { continue }
                target.add(PassedGradient(new: base.upload(value)))
            }
        }
    }
}

// MARK: For the operations
extension RecordingBackend {
    /// A tensor as an operation takes it.
    struct Operand {
        /// On the wrapped backend.
        let tensor: Tensor
        /// Where its gradient goes; nil if nobody wants it now.
        let target: GradientTarget?
    }

    func unwrap(_ x: Tensor) -> Tensor {
        guard let buffer = x.buffer as? RecordedBuffer else { return x }
        return buffer.base.outer(x.offset..<x.offset + x.count).reshaped(x.shape)
    }

    func operand(_ x: Tensor) -> Operand {
        let tensor = unwrap(x)
        guard let slot = (x.buffer as? RecordedBuffer)?.slot else {
            return Operand(tensor: tensor, target: nil)
        }
        hasMetFollowed = true
        guard isRecording else { return Operand(tensor: tensor, target: nil) }
        return Operand(
            tensor: tensor,
            target: GradientTarget(slot: slot, offset: x.offset, shape: x.shape)
        )
    }

    /// Whether gradients by these weights are wanted now.
    func follows(_ weights: RecordedWeights) -> Bool {
        guard weights.trains else { return false }
        hasMetFollowed = true
        return isRecording
    }

    func wrap(_ tensor: Tensor, slot: GradientSlot?) -> Tensor {
        Tensor(backend: self, buffer: RecordedBuffer(tensor, slot: slot), shape: tensor.shape)
    }

    /// Wraps results and remembers the way back from their gradients, nil for a result that none
    /// has reached.
    func record(
        _ results: [Tensor],
        _ back: @escaping ([PassedGradient?]) throws -> Void
    ) -> [Tensor] {
        let slots = results.map { GradientSlot(count: $0.count, on: base) }
        let shapes = results.map(\.shape)
        tape.append {
            let gradients = zip(slots, shapes).map { slot, shape in
                slot.take().map {
                    PassedGradient($0.tensor.reshaped(shape), isOwned: $0.isOwned)
                }
            }
            if gradients.contains(where: { $0 != nil }) { try back(gradients) }
        }
        return zip(results, slots).map { wrap($0, slot: $1) }
    }

    /// Wraps a result; if it is followed, remembers the way back from its gradient.
    func record(
        _ result: Tensor,
        if isFollowed: Bool,
        _ back: @escaping (PassedGradient) -> Void
    ) -> Tensor {
        guard isFollowed else { return wrap(result, slot: nil) }
        return record([result]) { gradients in
            if let gradient = gradients[0] { back(gradient) }
        }[0]
    }
}

// One thread at a time, as the type's comment demands.
extension RecordingBackend: @unchecked Sendable {}
