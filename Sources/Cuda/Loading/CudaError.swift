/// Why the CUDA backend cannot start, or what its device answered.
package struct CudaError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// A library is not on this machine, or is not what its name says.
        case library
        /// A device that weft does not compute on, or none.
        case device
        /// Kernels could not be compiled.
        case compilation
        /// A call of the driver failed with a code.
        case driver(Int32)
        /// cuBLASLt refused a call.
        case products
        /// The device has no room left.
        case memory
        /// What was asked for cannot be meant: something that a graph cannot hold, a device named
        /// twice.
        case misuse
    }

    package let reason: Reason
    package let description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
