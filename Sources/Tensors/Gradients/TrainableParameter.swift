/// A parameter of a network on a `RecordingBackend`: its master value and its gradient.
///
/// Like the backend it belongs to, for one thread at a time.
package final class TrainableParameter {
    /// The part of a model it belongs to, as `RecordingBackend.loading` was told.
    package let component: String
    /// Its key within the component.
    package let key: String
    /// The checkpoint's shape, of values and gradients.
    package let shape: Shape
    /// Whether it gets gradients; a frozen one is there because checkpoints are whole.
    package let trains: Bool
    /// The master value, a wide tensor of the wrapped backend.
    package let value: Tensor
    /// Counts changes of the value, by which packed copies know that they are stale.
    private(set) var version = 0
    let slot: GradientSlot
    private let base: any DifferentiableBackend
    private var taken: (version: Int, tensor: Tensor)?

    init(
        component: String,
        _ stored: StoredTensor,
        trains: Bool,
        on base: any DifferentiableBackend
    ) {
        self.component = component
        self.base = base
        self.trains = trains
        key = stored.name
        shape = stored.shape
        value = base.uploadWide(stored.hostTensor())
        slot = GradientSlot(count: stored.shape.count, isKept: true, isWide: true, on: base)
        stored.discard()
    }

    /// The sum of all gradients since the last clear, on the wrapped backend; nil if none has
    /// reached the parameter.
    package var gradient: Tensor? { slot.gradient?.reshaped(shape) }

    /// The value as operations take it, flat; made anew if it has changed.
    var operand: Tensor {
        if let taken, taken.version == version { return taken.tensor }
        taken = nil
        let tensor = base.narrowed(value).reshaped([value.count])
        taken = (version, tensor)
        return tensor
    }

    /// Lends the value to somebody who changes it in place.
    package func update(_ body: (Tensor) throws -> Void) rethrows {
        defer { version += 1 }
        try body(value)
    }

    /// Sets the value to these bits.
    package func replace(_ values: HostTensor) {
        precondition(values.shape == shape, "\(key): \(values.shape) for \(shape)")
        update { base.write(values, into: $0) }
    }
}
