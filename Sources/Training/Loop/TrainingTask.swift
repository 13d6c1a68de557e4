package import Models
package import Tensors

/// What a run trains: losses and gradients out of draws.
///
/// The loop knows nothing of it but this. Everything by chance is a function of the draw, and a
/// call leaves nothing behind that a later call's result depends on: that is what makes a run
/// repeatable from any checkpoint.
package protocol TrainingTask: AnyObject {
    /// The stage, such as "gen1".
    var name: String { get }
    var recording: RecordingBackend { get }
    /// Forward, loss and backward of one micro-batch, whose gradients are added to what is there.
    ///
    /// - Returns: The loss first, then its parts.
    func accumulate(_ draw: Draw) throws -> [Metric]
    /// Judges the model as it is; changes nothing.
    ///
    /// Like `components`, it finds the averaged weights in the network.
    func validate(_ draw: Draw) throws -> (metrics: [Metric], pictures: [ValidationPicture])
    /// The components that a checkpoint gets the trained weights of, with configs that fit the
    /// weights: a function of them.
    func components() throws -> [TrainedComponent]
}

/// A number that is logged.
package struct Metric: Hashable, Sendable {
    /// A plain word: it heads a column.
    package let name: String
    package let value: Double

    package init(_ name: String, _ value: Double) {
        precondition(
            !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x2C && $0 != 0x22 },
            "'\(name)' heads no column"
        )
        self.name = name
        self.value = value
    }
}

/// A picture that shows how far the training is.
package struct ValidationPicture: Hashable, Sendable {
    /// Becomes part of a file's name.
    package let name: String
    package let image: RGBImage

    package init(_ name: String, _ image: RGBImage) {
        precondition(
            !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x2F },
            "'\(name)' is no part of a file's name"
        )
        self.name = name
        self.image = image
    }
}

/// A component whose weights are trained.
package struct TrainedComponent: Sendable {
    package let kind: ComponentKind
    /// As it will stand in `config.json`.
    package let config: ConfigObject
    /// What it was loaded from; nil if its weights were fresh.
    package let source: CheckpointComponent?

    package init(kind: ComponentKind, config: ConfigObject, source: CheckpointComponent?) {
        self.kind = kind
        self.config = config
        self.source = source
    }
}
