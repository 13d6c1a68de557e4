package import Models
package import Tensors

/// The parts of a model that `weft model run` runs on given tensors.
package enum RunnableComponent: String, CaseIterable, Sendable {
    case unet
    case unet2d
    case vaeEncoder = "vae_encoder"
    case vaeDecoder = "vae_decoder"
    case textEncoder = "text_encoder"
    case tokenizer
    case imageEncoder = "image_encoder"
    case depth
    case prior
    case scheduler
    case noise

    /// The folder of a model that holds the component; none for keyed noise.
    package var folder: String? {
        switch self {
        case .unet, .unet2d: "unet"
        case .vaeEncoder, .vaeDecoder: "vae"
        case .textEncoder: "text_encoder"
        case .tokenizer: "tokenizer"
        case .imageEncoder: "image_encoder"
        case .depth: "depth_estimator"
        case .prior: "prior"
        case .scheduler: "scheduler"
        case .noise: nil
        }
    }

    /// Whether it computes from a file of tensors.
    package var readsTensors: Bool { self != .tokenizer && self != .noise }
}

/// What a component makes of its inputs, in the reference libraries' layouts.
package struct ComponentOutputs: Sendable {
    package var tensors: [String: HostTensor] = [:]
    package var integers: [String: (values: [Int64], shape: Shape)] = [:]

    package init(
        tensors: [String: HostTensor] = [:],
        integers: [String: (values: [Int64], shape: Shape)] = [:]
    ) {
        self.tensors = tensors
        self.integers = integers
    }
}

/// Runs one network of a model on given tensors.
///
/// It is how anyone verifies a checkpoint against another implementation. Tensor names and layouts
/// are those of `Docs/CommandLine.md`.
package struct ComponentRunner: Sendable {
    let folder: CheckpointFolder
    let backend: any Backend
    let variant: String?

    package init(_ folder: CheckpointFolder, on backend: any Backend, variant: String? = nil) {
        self.folder = folder
        self.backend = backend
        self.variant = variant
    }

    /// Runs a component that reads tensors.
    ///
    /// - Parameters:
    ///   - component: One whose `readsTensors` is true.
    ///   - inputs: The file's tensors.
    ///   - steps: Steps of the schedule; for `scheduler` alone.
    /// - Returns: The outputs by name.
    /// - Throws: An error that names the tensor, file or option at fault.
    package func run(
        _ component: RunnableComponent,
        _ inputs: InputTensors,
        steps: Int? = nil
    ) throws -> ComponentOutputs {
        precondition(component.readsTensors, "\(component) reads no tensors")
        switch component {
        case .unet: return try runGen1(inputs)
        case .unet2d: return try runImageUNet(inputs)
        case .vaeEncoder: return try runEncoder(inputs)
        case .vaeDecoder: return try runDecoder(inputs)
        case .textEncoder: return try runTextEncoder(inputs)
        case .imageEncoder: return try runImageEncoder(inputs)
        case .depth: return try runDepth(inputs)
        case .prior: return try runPrior(inputs)
        case .scheduler: return try runScheduler(inputs, steps: steps)
        case .tokenizer, .noise: return ComponentOutputs()
        }
    }

    /// Opens a component that must be of one of `kinds`.
    func component(
        _ component: RunnableComponent,
        _ kinds: ComponentKind...
    ) throws -> CheckpointComponent {
        let name = component.folder ?? component.rawValue
        let part = try folder.component(name)
        let kind = try part.kind()
        guard kinds.contains(kind) else {
            throw InputError(
                "\(part.path): holds a \(try part.className()), which \(component.rawValue) "
                    + "cannot run"
            )
        }
        return part
    }

    func upload(_ tensor: HostTensor) -> Tensor { backend.upload(tensor) }
}
