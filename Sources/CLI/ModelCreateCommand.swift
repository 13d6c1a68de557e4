import ArgumentParser
import Models
import Tensors

struct ModelCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a component with fresh weights in a model folder.",
        discussion: """
            weft model create gen1 --from-image-unet stable-diffusion --output my-model
            weft model create vae --config tiny-vae.json --output my-model --seed 7
            weft model create tiny --output tiny-model

            gen1 grown from an image UNet copies its tensors and computes what it does until it is \
            trained; without --from-image-unet, all weights are fresh. The folder is made if need \
            be, and a component that is already there is not overwritten.

            tiny and small are whole models with random weights: tiny of the smallest sizes, for \
            trying a farm; small of sizes that can be trained on one processor. What they make of \
            a clip is noise.
            """
    )

    @Argument(help: "What to make: \(ModelCreateCommand.kinds).")
    var component: String

    @Option(help: "A config.json; with --from-image-unet, the keys that differ from the UNet's.")
    var config: String?

    @Option(
        name: .customLong("from-image-unet"),
        help: "A model folder, or its unet folder, whose image UNet gen1 grows from.",
        completion: .directory
    )
    var image: String?

    @Option(help: "The model folder to make the component in.", completion: .directory)
    var output: String

    @Option(help: "Of the starting values.")
    var seed: UInt64 = 0

    func validate() throws {
        if let sizes = FreshModel.Sizes(rawValue: component) {
            guard config == nil, image == nil else {
                throw ValidationError(
                    "\(sizes) has its own sizes: no --config, no --from-image-unet"
                )
            }
            return
        }
        guard let kind = ComponentKind(rawValue: component), kind.hasWeights else {
            throw ValidationError("expected \(Self.kinds), found '\(component)'")
        }
        guard kind == .gen1 || image == nil else {
            throw ValidationError("--from-image-unet: only gen1 grows from an image UNet")
        }
        guard config != nil || image != nil else {
            let other = kind == .gen1 ? "--from-image-unet or --config" : "--config"
            throw ValidationError("expected \(other)")
        }
    }

    func run() async throws {
        if let sizes = FreshModel.Sizes(rawValue: component) {
            for fresh in try FreshModel(sizes, seed: seed).write(to: output) { report(fresh) }
            return
        }
        let fresh = try make()
        try fresh.write(to: output)
        report(fresh)
    }

    private func report(_ fresh: FreshComponent) {
        print(
            "\(output)/\(fresh.kind.folder): \(fresh.parameters.count) tensors, "
                + "\(fresh.elementCount) parameters"
        )
    }

    private func make() throws -> FreshComponent {
        guard let kind = ComponentKind(rawValue: component) else {
            preconditionFailure("'\(component)' was validated")
        }
        let config = try config.map { try ConfigObject(file: $0) }
        if let image {
            let source = try CheckpointComponent.unet(at: image)
            return try FreshComponent.gen1(fromImage: source, config: config, seed: seed)
        }
        return try FreshComponent(
            kind,
            config: config ?? ConfigObject([:], label: "config.json"),
            seed: seed
        )
    }

    private static let kinds =
        (FreshModel.Sizes.allCases.map(\.rawValue)
        + ComponentKind.allCases.filter(\.hasWeights).map(\.rawValue)).joined(separator: ", ")
}
