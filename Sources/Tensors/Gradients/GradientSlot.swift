/// A gradient on its way back.
struct PassedGradient {
    let tensor: Tensor
    /// Whether nobody else has the tensor's memory: who gets it may add into it.
    let isOwned: Bool

    init(_ tensor: Tensor, isOwned: Bool) {
        self.tensor = tensor
        self.isOwned = isOwned
    }

    /// One that an operation has just made.
    init(new tensor: Tensor) {
        self.init(tensor, isOwned: true)
    }

    /// The same for somebody who has to share it.
    var shared: PassedGradient { PassedGradient(tensor, isOwned: false) }
}

/// Where the gradient of one buffer gathers, from all that used it.
final class GradientSlot {
    let count: Int
    /// Whether it stays when it has been read: leaves, and what is watched.
    let isKept: Bool
    /// Whether the gradient is a parameter's: a wide tensor.
    private let isWide: Bool
    private let base: any DifferentiableBackend
    private var passed: PassedGradient?

    init(
        count: Int,
        isKept: Bool = false,
        isWide: Bool = false,
        on base: any DifferentiableBackend
    ) {
        self.count = count
        self.isKept = isKept
        self.isWide = isWide
        self.base = base
    }

    /// What has gathered so far, `[count]`.
    var gradient: Tensor? { passed?.tensor }

    func clear() { passed = nil }

    /// Hands the gradient on.
    func take() -> PassedGradient? {
        guard isKept else {
            defer { passed = nil }
            return passed
        }
        return passed?.shared
    }

    /// Adds to the elements from `offset` on.
    func add(_ gradient: PassedGradient, at offset: Int) {
        let isWhole = gradient.tensor.count == count
        guard !isWhole || (passed != nil && passed?.isOwned == true) else {
            return join(gradient)
        }
        let target = writable().outer(offset..<offset + gradient.tensor.count)
        base.accumulate(gradient.tensor, into: target, coefficient: 1)
    }

    /// The gradient as memory to add into; zeros if nothing has come yet.
    func writable() -> Tensor {
        guard let passed else {
            let target = isWide ? base.wideZeros([count]) : base.zeros([count])
            self.passed = PassedGradient(new: target)
            return target
        }
        guard !passed.isOwned else { return passed.tensor }
        let copy = base.combine([(1, passed.tensor)])
        self.passed = PassedGradient(new: copy)
        return copy
    }

    /// Adds a whole gradient where there is none, or none that may be written to.
    private func join(_ gradient: PassedGradient) {
        let gradient = converted(gradient)
        let flat = gradient.tensor.reshaped([count])
        guard let passed else {
            // Memory that is part of a larger buffer is not for keeping.
            let isOwned = gradient.isOwned && flat.buffer.byteCount == 4 * count
            self.passed = PassedGradient(flat, isOwned: isOwned)
            return
        }
        if gradient.isOwned {
            // Addition commutes to the bit, so either may take up the other.
            base.accumulate(passed.tensor, into: flat, coefficient: 1)
            self.passed = PassedGradient(new: flat)
        } else {
            self.passed = PassedGradient(new: base.combine([(1, passed.tensor), (1, flat)]))
        }
    }

    private func converted(_ gradient: PassedGradient) -> PassedGradient {
        let tensor = isWide ? base.widened(gradient.tensor) : base.narrowed(gradient.tensor)
        let isSame = tensor.buffer === gradient.tensor.buffer
        return isSame ? gradient : PassedGradient(new: tensor)
    }
}

/// The part of a slot that a tensor's elements have.
struct GradientTarget {
    let slot: GradientSlot
    let offset: Int
    let shape: Shape

    func add(_ gradient: PassedGradient) {
        slot.add(gradient, at: offset)
    }

    /// Memory to add into.
    func writable() -> Tensor {
        slot.writable().outer(offset..<offset + shape.count).reshaped(shape)
    }

    /// Whether both are the same elements.
    func isSame(as other: GradientTarget) -> Bool {
        slot === other.slot && offset == other.offset && shape == other.shape
    }
}

/// Memory of the wrapped backend, and where the gradient by it gathers, if anybody wants that.
final class RecordedBuffer: Buffer {
    private enum Contents {
        case values(Tensor)
        case parameter(TrainableParameter)
    }

    private let contents: Contents
    let slot: GradientSlot?
    let byteCount: Int

    init(_ base: Tensor, slot: GradientSlot?) {
        contents = .values(base.reshaped([base.count]))
        byteCount = 4 * base.count
        self.slot = slot
    }

    /// A parameter that operations take as a tensor.
    init(_ parameter: TrainableParameter) {
        contents = .parameter(parameter)
        byteCount = 4 * parameter.shape.count
        slot = parameter.trains ? parameter.slot : nil
    }

    /// On the wrapped backend, flat.
    var base: Tensor {
        switch contents {
        case .values(let tensor): tensor
        case .parameter(let parameter): parameter.operand
        }
    }
}

// Recordings are made and walked by one thread; see `RecordingBackend`.
extension RecordedBuffer: @unchecked Sendable {}
