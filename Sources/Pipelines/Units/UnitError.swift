import Diffusion
import Models
import NN
import Tensors

/// Why a unit has no result, in the words of the farm's budgets.
package struct UnitError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Blame: String, Hashable, Sendable {
        /// The unit's own numbers, such as a value that is not finite.
        case unit
        /// The device or the process.
        case worker
        /// Something this machine lacks: the model, memory, disk.
        case resource
        /// The job's settings, on any machine.
        case specification
    }

    package let blame: Blame
    /// One sentence for a person.
    package let description: String

    package init(_ blame: Blame, _ description: String) {
        self.blame = blame
        self.description = description
    }

    /// Puts what the libraries throw into a class.
    package init(_ error: any Error) {
        switch error {
        case let error as UnitError: self = error
        case let error as DivergenceError: self.init(.unit, error.description)
        case let error as InputError: self.init(.specification, error.description)
        case let error as SamplerError: self.init(.specification, error.description)
        case let error as NetworkInputError: self.init(.specification, error.description)
        case let error as BackendError:
            self.init(error.isOutOfMemory ? .resource : .worker, error.description)
        case let error as CheckpointError: self.init(.resource, error.description)
        case let error as SafetensorsError: self.init(.resource, error.description)
        case let error as WeightError: self.init(.resource, error.description)
        case let error as ConfigError: self.init(.resource, error.description)
        case let error as TokenizerError: self.init(.resource, error.description)
        case let error as FileError: self.init(.resource, error.description)
        default: self.init(.worker, "\(error)")
        }
    }
}
