package import Tensors

// A part of a network is run as asked the first time, captured the second time, and from then on a
// graph of it is run.
extension CudaBackend: ReplayingBackend {
    package var isReplaying: Bool {
        get { replays.isOn }
        set { replays.isOn = newValue }
    }

    package var replayCount: Int { replays.count }

    package func replayed<Failure: Error>(
        _ key: ReplayKey,
        _ inputs: [Tensor],
        _ body: ([Tensor]) throws(Failure) -> [Tensor]
    ) throws(Failure) -> [Tensor] {
        let shapes = inputs.map(\.shape)
        switch replays.use(key, shapes) {
        case nil: return try body(inputs)
        case .nothing: break
        case .recorded(let recording):
            if let outputs = run(recording, on: inputs) { return outputs }
        case .wasRun:
            if let recording = try record(shapes, body) {
                replays.keep(recording, for: key, shapes)
                if let outputs = run(recording, on: inputs) { return outputs }
            }
        }
        return try rehearse(inputs, body)
    }

    /// Runs a part on copies of its inputs and in the memory of graphs: what a capture does then is
    /// the same to the address, and finds memory behind it.
    private func rehearse<Failure: Error>(
        _ inputs: [Tensor],
        _ body: ([Tensor]) throws(Failure) -> [Tensor]
    ) throws(Failure) -> [Tensor] {
        let results = try replays.inside(isCaptured: false) { () throws(Failure) in
            try body(inputs.map(copied))
        }
        let outputs = results.map(copied)
        checkOutputs(consume results)
        checkNothingIsKept()
        return outputs
    }

    private func copied(_ tensor: Tensor) -> Tensor {
        precondition(!isWide(tensor), "a replayed part works on values, not on wide tensors")
        let copy = allocate(tensor.shape)
        attempt { () throws(CudaError) in
            try session.copy(
                tensor.count * precision.byteCount,
                from: place(of: tensor),
                to: place(of: copy)
            )
        }
        return copy
    }

    /// Captures a part; nil if there is no memory for a graph, or the device failed.
    private func record<Failure: Error>(
        _ shapes: [Shape],
        _ body: ([Tensor]) throws(Failure) -> [Tensor]
    ) throws(Failure) -> CudaRecording? {
        guard isSound else { return nil }
        let peak = replays.arena.peakBytes
        replays.arena.resetPeak()
        defer { replays.arena.reachPeak(peak) }
        let recording: CudaRecording?
        do {
            defer { endTrial() }
            recording = try replays.inside(isCaptured: true) { () throws(Failure) in
                try capture(shapes, body)
            }
        }
        checkNothingIsKept()
        return isSound ? recording : nil
    }

    private func capture<Failure: Error>(
        _ shapes: [Shape],
        _ body: ([Tensor]) throws(Failure) -> [Tensor]
    ) throws(Failure) -> CudaRecording? {
        let inputs = shapes.map(allocate)
        var inputPlaces: [CudaRecording.Place] = []
        var hasBegun = false
        attempt { () throws(CudaError) in
            inputPlaces = try places(inputs)
            try session.beginCapture()
            hasBegun = true
        }
        guard hasBegun else { return nil }
        var outputPlaces: [CudaRecording.Place] = []
        do throws(Failure) {
            let results = try body(consume inputs)
            attempt { () throws(CudaError) in outputPlaces = try places(results) }
            checkOutputs(consume results)
        } catch {
            _ = try? session.endCapture()
            throw error
        }
        var graph: CudaGraph?
        // Whatever has failed, the stream must be told.
        do throws(CudaError) {
            graph = try session.endCapture()
        } catch {
            attempt { () throws(CudaError) in throw error }
        }
        guard let graph, isSound else { return nil }
        return CudaRecording(
            graph,
            inputs: inputPlaces,
            outputs: outputPlaces,
            byteCount: replays.arena.peakBytes
        )
    }

    private func places(_ tensors: [Tensor]) throws(CudaError) -> [CudaRecording.Place] {
        try tensors.map { tensor throws(CudaError) in
            CudaRecording.Place(address: try place(of: tensor), shape: tensor.shape)
        }
    }

    /// Runs a graph on other inputs; nil if there is none any more.
    private func run(_ recording: CudaRecording, on inputs: [Tensor]) -> [Tensor]? {
        let outputs = recording.outputs.map { allocate($0.shape) }
        // Where room for these was scarce, graphs have gone.
        guard replays.holds(recording) else { return nil }
        attempt { () throws(CudaError) in
            for (input, place) in zip(inputs, recording.inputs) {
                let bytes = input.count * precision.byteCount
                try session.copy(bytes, from: address(input), to: place.address)
            }
            try session.launch(recording.graph)
            for (output, place) in zip(outputs, recording.outputs) {
                let bytes = output.count * precision.byteCount
                try session.copy(bytes, from: place.address, to: address(output))
            }
        }
        replays.didRun(recording)
        return outputs
    }

    // MARK: What a part must not do

    /// Requires that no replayed part is being run: what it does cannot be done again.
    func refuseInside(_ what: String) throws(CudaError) {
        guard replays.isInside else { return }
        assertionFailure("\(what) inside a replayed part")
        throw CudaError(.misuse, "\(what) inside a replayed part")
    }

    /// An operand inside a part is of the part, or a parameter; its address must stay.
    func checkOperand(_ tensor: Tensor) throws(CudaError) {
        guard (tensor.buffer as? CudaBuffer)?.block?.arena === activations else { return }
        try refuseInside("a tensor that is not among the inputs")
    }

    private func checkOutputs(_ results: consuming [Tensor]) {
        let areOwn = results.allSatisfy { result in
            guard let block = (result.buffer as? CudaBuffer)?.block else { return true }
            return block.arena === replays.arena
        }
        guard !areOwn else { return }
        complain("a replayed part returns a tensor that it did not make")
    }

    /// What is kept would change with the next run.
    private func checkNothingIsKept() {
        guard replays.arena.usedBytes > 0 else { return }
        complain("a replayed part keeps tensors beside those that it returns")
    }

    private func complain(_ sentence: String) {
        assertionFailure(sentence)
        attempt { () throws(CudaError) in throw CudaError(.misuse, sentence) }
    }
}
