import ShippedModel
import Tensors

/// The model that a command uses: `--model`, else `WEFT_MODEL`, else the one that comes with weft.
struct ModelChoice {
    /// The folder on this machine.
    let folder: String
    /// What a job calls it: the folder, or the shipped model's name, which every worker of a farm
    /// finds in its own place.
    let jobName: String

    /// What the help of a command without a default of its own says.
    static let help = "The model folder, or \(ShippedModel.name)."
    static let helpWithDefault = """
        The model folder; else WEFT_MODEL, else \(ShippedModel.name), which comes with weft.
        """

    /// Finds out which folder is meant.
    ///
    /// - Parameter argument: What was given as the model; nil for nothing.
    /// - Throws: `Failure` if the shipped model is meant and not there.
    init(_ argument: String?) throws {
        let named = argument ?? Environment.value("WEFT_MODEL")
        if let named, try !Self.isShipped(named) {
            folder = absolutePath(named)
            jobName = folder
        } else {
            folder = try ShippedModel.folder()
            jobName = ShippedModel.name
        }
    }

    /// The folder that an argument of any command means, as it was written unless it is the shipped
    /// model's name.
    static func folder(_ argument: String) throws -> String {
        try isShipped(argument) ? ShippedModel.folder() : argument
    }

    /// Whether the shipped model is meant: a folder of that name, where the command is started,
    /// comes first.
    private static func isShipped(_ argument: String) throws -> Bool {
        guard argument == ShippedModel.name else { return false }
        return try SystemFile.status(of: argument) == nil
    }
}
