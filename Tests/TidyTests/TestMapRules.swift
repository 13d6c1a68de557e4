import Foundation

/// Every source file of a library has its test file, by name or by the map.
enum TestMapRules {
    /// Targets whose behaviour shows in the program's output, which the end-to-end tests read.
    static let exempt: Set<String> = [
        "CLI", "CZeroMQ", "CFFmpeg", "CSodium", "CProtobuf", "CKernels",
        "CCudaKernels",
    ]

    static func check(
        _ files: [SourceFile],
        map: [String: String],
        exists: (String) -> Bool
    ) -> [Violation] {
        let tests = Set(files.filter { $0.path.hasPrefix("Tests/") }.map(\.path))
        let names = Set(tests.map(testKey))
        var violations: [Violation] = []
        for file in files where file.isSwift {
            guard let target = file.target, !exempt.contains(target) else { continue }
            let name = (file.path as NSString).lastPathComponent.dropLast(".swift".count)
            // The extensions of a type may share the type's tests.
            let base = name.split(separator: "+")[0]
            let isTested = [name, base].contains {
                names.contains("\(target)Tests/\($0)Tests.swift")
            }
            switch (isTested, map[file.path]) {
            case (false, nil): violations.append(Violation(file, "no test file and not in the map"))
            case (true, .some): violations.append(Violation(file, "tested by name: leave the map"))
            case (false, .some(let test)) where !exists(test):
                violations.append(Violation(file, "the map names \(test), which is not there"))
            default: break
            }
        }
        let paths = Set(files.map(\.path))
        for path in map.keys.sorted() where !paths.contains(path) {
            violations.append(Violation(SourceFile(path, ""), "in the map but not in the tree"))
        }
        return violations
    }

    /// Target and file name of a test, without the folders between.
    private static func testKey(_ path: String) -> String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? "\(parts[1])/\(parts[parts.count - 1])" : path
    }

    /// Files that are tested under another's name, by the test that does it.
    static let tests: [String: [String]] = [
        "CoordinatorTests/Server/CoordinatorConfigurationTests": [
            "Coordinator/Server/CoordinatorError"
        ],
        "CoordinatorTests/Server/CoordinatorServerTests": [
            "Coordinator/Server/CoordinatorLoop", "Coordinator/Server/CoordinatorLoop+Bulk",
            "Coordinator/Server/CoordinatorLoop+Clients",
            "Coordinator/Server/CoordinatorLoop+Devices",
            "Coordinator/Server/CoordinatorLoop+Effects",
            "Coordinator/Server/CoordinatorLoop+Errands",
            "Coordinator/Server/CoordinatorLoop+Inputs",
            "Coordinator/Server/CoordinatorLoop+Letters",
            "Coordinator/Server/CoordinatorLoop+Overlaps",
            "Coordinator/Server/CoordinatorLoop+Workers",
            "Coordinator/Server/CoordinatorMetadata", "Coordinator/Server/CoordinatorStart",
            "Coordinator/Server/DecodedFrames", "Coordinator/Server/DiskSpace",
            "Coordinator/Server/Errand", "Coordinator/Server/InputRecipe",
            "Coordinator/Server/JobRecord", "Coordinator/Server/Letter",
            "Coordinator/Server/LoopClock", "Coordinator/Server/Mailbox",
            "Coordinator/Server/MediaDesk", "Coordinator/Server/MediaSources",
            "Coordinator/Server/OverlapMeasurement", "Coordinator/Server/ResultWriter",
            "Coordinator/Server/Storage", "Coordinator/Server/StoredResults",
        ],
        "CoordinatorTests/Server/CoordinatorKeysTests": [
            "Coordinator/Server/Reception"
        ],
        "CoordinatorTests/Server/InputDeskTests": [
            "Coordinator/Server/InputTensor"
        ],
        "CoordinatorTests/Server/SwitchboardTests": [
            "Coordinator/Server/TrafficLog"
        ],
        "CoordinatorTests/Server/UploadDeskTests": [
            "Coordinator/Server/UploadBuffer"
        ],
        "CoordinatorTests/Storage/ArtifactStoreTests": [
            "Coordinator/Storage/ArtifactError", "Coordinator/Storage/FileLayer",
        ],
        "CoordinatorTests/Storage/LedgerTests": [
            "Coordinator/Storage/LedgerDetails", "Coordinator/Storage/LedgerSchema",
            "Coordinator/Storage/LedgerValues",
        ],
        "EndToEndTests/SampleTests": [
            "Pipelines/Structure/LatentDecoder"
        ],
        "EvaluationTests/Measures/ColourDriftTests": [
            "Evaluation/Measures/Statistics"
        ],
        "EvaluationTests/Reports/VideoReportTests": [
            "Evaluation/Reports/ClipFacts", "Evaluation/Reports/Measure",
            "Evaluation/Reports/TextTable", "Evaluation/Reports/VideoInputs",
            "Evaluation/Reports/VideoPlots",
        ],
        "PipelinesTests/Benchmark/BenchmarkSuiteTests": [
            "Pipelines/Benchmark/Benchmark", "Pipelines/Benchmark/BenchmarkInputs",
        ],
        "PipelinesTests/Units/UnitRunnerTests": [
            "Pipelines/Units/ConditioningCache", "Pipelines/Units/LoadedModel",
            "Pipelines/Units/UnitError", "Pipelines/Units/UnitRequest",
            "Pipelines/CheckpointFolder+Preprocessing", "Pipelines/Structure/DepthMaps",
            "Pipelines/Units/ContentEncoder",
        ],
        "PipelinesTests/Units/ModelFactsTests": [
            "Pipelines/Units/ModelFingerprint"
        ],
        "PipelinesTests/Sampling/ShotFileTests": [
            "Pipelines/Structure/LatentEncoder"
        ],
        "CoordinatorTests/Client/FarmClientTests": [
            "Coordinator/Client/FarmClientError"
        ],
        "CoordinatorTests/Client/JobSettingsTests": [
            "Coordinator/Client/ModelTraits", "Coordinator/Client/SettingsError",
        ],
        "CoordinatorTests/Client/JobTextTests": [
            "Coordinator/Client/JobDetails+JSON"
        ],
        "CoordinatorTests/Media/ShotPlannerTests": [
            "Coordinator/Media/JobVideo"
        ],
        "DiffusionTests/WindowSamplerTests": [
            "Diffusion/DivergenceError"
        ],
        "DiffusionTests/DDIMSamplerTests": [
            "Diffusion/SamplerError", "Diffusion/SchedulerConfig",
        ],
        "DiffusionTests/WindowPlanTests": [
            "Diffusion/StitchError"
        ],
        "EndToEndTests/ProgramTests": [
            "Pipelines/Version"
        ],
        "EvaluationTests/Suite/SceneCaseTests": [
            "Evaluation/Suite/SceneEdit"
        ],
        "EvaluationTests/Suite/SurfaceTextureTests": [
            "Evaluation/Suite/TextureReferences"
        ],
        "EvaluationTests/Suite/SceneStudioTests": [
            "Evaluation/Suite/AutoencoderTest", "Evaluation/Suite/ContentTest",
            "Evaluation/Suite/ContentTrial", "Evaluation/Suite/FinishReferences",
            "Evaluation/Suite/Steadiness", "Evaluation/Suite/StitchingTest",
            "Evaluation/Suite/SubjectTest", "Evaluation/Suite/SuiteChance",
            "Evaluation/Suite/SuiteClip", "Evaluation/Suite/SuiteSheet",
            "Evaluation/Suite/SuiteSweep", "Evaluation/Suite/TemporalTest",
        ],
        "FFmpegTests/InputFileTests": [
            "FFmpeg/FFmpegError", "FFmpeg/MediaInfo",
        ],
        "FFmpegTests/FrameReaderTests": [
            "FFmpeg/FilterGraph", "FFmpeg/Reading/FrameRequest", "FFmpeg/Reading/FrameSelector",
            "FFmpeg/Reading/MediaDamage", "FFmpeg/Reading/Picture", "FFmpeg/Reading/PictureClock",
            "FFmpeg/Reading/PictureDecoder", "FFmpeg/Reading/PictureFormat",
            "FFmpeg/Reading/PictureOrientation", "FFmpeg/Reading/PictureSource",
            "FFmpeg/VideoFrame",
        ],
        "FFmpegTests/VideoWriterTests": [
            "FFmpeg/Writing/EncoderChoice", "FFmpeg/Writing/MovieFile",
            "FFmpeg/Writing/PictureEncoder", "FFmpeg/Writing/PictureFolder",
            "FFmpeg/Writing/SoundPackets", "FFmpeg/Writing/SoundRecoder",
            "FFmpeg/Writing/SoundTrack", "FFmpeg/Writing/TemporaryOutput",
            "FFmpeg/Writing/VideoSettings", "FFmpeg/Writing/WrittenVideo",
        ],
        "ModelsTests/CLIP/CLIPTextConfigTests": [
            "Models/Config/ConfigObject+Activation"
        ],
        "ModelsTests/CLIP/CLIPTextEncoderTests": [
            "Models/Blocks/PreNormBlock", "Models/Blocks/TokenSequences",
        ],
        "ModelsTests/Checkpoint/CheckpointCheckTests": [
            "Models/Checkpoint/CheckpointComponent+Loading", "Models/Checkpoint/UnreadTensors",
        ],
        "ModelsTests/Checkpoint/CheckpointFolderTests": [
            "Models/Checkpoint/CheckpointComponent", "Models/Checkpoint/CheckpointError",
        ],
        "ModelsTests/Checkpoint/CheckpointReportTests": [
            "Models/Checkpoint/ComponentKind"
        ],
        "ModelsTests/Checkpoint/FreshModelTests": [
            "Models/Checkpoint/FreshTokenizer"
        ],
        "ModelsTests/DPT/DepthEstimatorTests": [
            "Models/DPT/FusionBlock", "Models/DPT/Reassemble", "Models/DPT/ViTBackbone",
        ],
        "ModelsTests/Gen1/Gen1UNetTests": [
            "Models/Gen1/TemporalConvolutionBranch", "Models/Gen1/TemporalTransformer",
            "Models/NetworkInputError",
        ],
        "ModelsTests/Images/CLIPPreprocessorTests": [
            "Models/Images/PixelNormalization"
        ],
        "ModelsTests/Images/PILResamplerTests": [
            "Models/Images/RGBImage"
        ],
        "ModelsTests/Tokenizer/BPETokenizerTests": [
            "Models/Tokenizer/BytePairMerger", "Models/Tokenizer/TextPieces",
            "Models/Tokenizer/UnicodeText",
        ],
        "ModelsTests/Tokenizer/TokenizerFolderTests": [
            "Models/Tokenizer/SpecialTokens", "Models/Tokenizer/TokenizerError",
        ],
        "ModelsTests/UNet/UNet2DConfigTests": [
            "Models/Config/ConfigObject", "Models/Config/ConfigObject+Requirements",
        ],
        "ModelsTests/UNet/UNet2DTests": [
            "Models/UNet/ResidualBlock", "Models/UNet/SpatialTransformer",
            "Models/UNet/TensorMemo", "Models/UNet/UNetBlocks", "Models/UNet/UNetTrunk",
        ],
        "ModelsTests/VAE/AutoencoderDecoderTests": [
            "Models/VAE/AutoencoderBlocks"
        ],
        "NNTests/WeightPathTests": [
            "NN/WeightError"
        ],
        "ScenesTests/CameraTests": [
            "Scenes/Geometry/Vector"
        ],
        "ScenesTests/SceneClipTests": [
            "Scenes/Description/CameraMove", "Scenes/Rendering/FrameRenderer",
            "Scenes/Rendering/Illumination", "Scenes/Rendering/SceneFrame",
            "Scenes/Rendering/SceneSensor", "Scenes/Rendering/SceneSettings",
            "Scenes/Rendering/Shader", "Scenes/Rendering/Stage",
            "Scenes/Surfaces/BackdropSurface", "Scenes/Surfaces/GroundSurface",
            "Scenes/Surfaces/ObjectSurface", "Scenes/Surfaces/SurfaceSample",
        ],
        "ScenesTests/SceneDescriptionTests": [
            "Scenes/Description/SceneChoices", "Scenes/Description/SceneColour",
            "Scenes/Description/SceneFinish", "Scenes/Description/SceneGround",
            "Scenes/Description/SceneLight", "Scenes/Description/SceneObject",
            "Scenes/Description/SceneRandom", "Scenes/Description/SceneShape",
        ],
        "SchedulingTests/Farm/FarmReplayTests": [
            "Scheduling/Farm/LedgerEntry", "Scheduling/Farm/State/JobRecord",
            "Scheduling/Farm/State/JobRecord+Units", "Scheduling/Farm/State/ShotState",
            "Scheduling/Farm/State/UnitRecord",
        ],
        "SchedulingTests/Farm/FarmTests": [
            "Scheduling/Farm/FarmConfiguration", "Scheduling/Farm/FarmEffect",
            "Scheduling/Farm/FarmEvent", "Scheduling/Farm/FarmReport",
            "Scheduling/Farm/JobRequest", "Scheduling/Farm/State/JobTable",
            "Scheduling/Farm/State/LeaseTable", "Scheduling/Farm/State/ReadyUnits",
            "Scheduling/Farm/State/WorkerTable", "Scheduling/Farm/UnitFailure",
            "Scheduling/Instant",
        ],
        "SchedulingTests/WorkerSession/WorkerSessionTests": [
            "Scheduling/WorkerSession/WorkerEvent",
            "Scheduling/WorkerSession/WorkerSessionState",
            "Scheduling/WorkerSession/WorkerTimes",
        ],
        "CudaTests/CudaBackendTests": [
            "Cuda/Execution/CudaArena", "Cuda/Execution/CudaPrecision",
            "Cuda/Execution/CudaSession", "Cuda/Execution/Kernel", "Cuda/Operations/CudaMatrix",
        ],
        "CudaTests/Execution/CudaReplaysTests": [
            "Cuda/Execution/CudaGraph", "Tensors/Replay",
        ],
        "CudaTests/Execution/CudaTransfersTests": [
            "Cuda/Execution/CudaEvent"
        ],
        "CudaTests/Loading/CudaInventoryTests": [
            "Cuda/Loading/DeviceDescription"
        ],
        "CudaTests/Operations/LibraryProductsTests": [
            "Cuda/Operations/LibraryObject"
        ],
        "CudaTests/Loading/CudaPlatformTests": [
            "Cuda/Loading/CudaDriver", "Cuda/Loading/CudaError", "Cuda/Loading/DriverFunctions",
            "Cuda/Loading/GraphFunctions", "Cuda/Loading/LoadedLibrary",
            "Cuda/Loading/TransferFunctions",
        ],
        "SimulationTests/SimulatedFarmTests": [
            "Simulation/EventQueue", "Simulation/FarmOracle", "Simulation/SimulatedClient",
            "Simulation/SimulatedCoordinator", "Simulation/SimulatedCoordinator+Effects",
            "Simulation/SimulatedCoordinator+Messages", "Simulation/SimulatedJob",
            "Simulation/SimulatedMessage", "Simulation/SimulatedRunner", "Simulation/SimulatedUnit",
            "Simulation/SimulatedWorker", "Simulation/SimulationEvent",
            "Simulation/SimulationLog", "Simulation/SimulationOutcome",
            "Simulation/SimulationProfile", "Simulation/SimulationRandom",
            "Simulation/SimulationWorld", "Simulation/WorkerConduct",
        ],
        "TensorsTests/CPU/CPUBackendTests": [
            "Tensors/CPU/ActivationArena", "Tensors/CPU/CPUConfiguration", "Tensors/Tensor",
        ],
        "TensorsTests/Conformance/ConformanceSuiteTests": [
            "Tensors/Backend", "Tensors/CPU/PackedMatrix", "Tensors/Conformance/ConformanceCase",
            "Tensors/Conformance/ConvolutionCase", "Tensors/Conformance/Reference",
            "Tensors/Tensor+Operations",
        ],
        "TensorsTests/Conformance/GradientSuiteTests": [
            "Tensors/Conformance/GradientCase"
        ],
        "TensorsTests/Gradients/RecordingBackendTests": [
            "Tensors/Gradients/DifferentiableBackend", "Tensors/Gradients/GradientSlot",
            "Tensors/Gradients/RecordedWeights", "Tensors/Gradients/TrainableParameter",
        ],
        "TensorsTests/CPU/CPUBackend+PointwiseGradientsTests": [
            "Tensors/Gradients/AdamWStep"
        ],
        "TensorsTests/Files/JSONValue+ParsingTests": [
            "Tensors/Files/JSONError", "Tensors/Files/JSONValue+Writing", "Tensors/JSONValue",
        ],
        "TensorsTests/Files/SafetensorsFileTests": [
            "Tensors/Files/MappedFile", "Tensors/Files/SafetensorsError",
            "Tensors/Files/SafetensorsWriter",
        ],
        "TensorsTests/Files/SystemFileTests": [
            "Tensors/Files/AtomicFile", "Tensors/Files/FileError",
        ],
        "TrainingTests/Data/FolderSourceTests": [
            "Training/Data/MediaFolder", "Training/Data/TrainingData",
        ],
        "TrainingTests/Losses/DiffusionObjectiveTests": [
            "Training/Losses/LossWeighting"
        ],
        "TrainingTests/Losses/ReconstructionLossTests": [
            "Training/Losses/Loss"
        ],
        "TrainingTests/Tasks/Gen1TaskTests": [
            "Training/Tasks/Gen1Recipe"
        ],
        "TrainingTests/Loop/TrainingLoopTests": [
            "Training/Loop/Resumption", "Training/Loop/TrainingError",
            "Training/Loop/TrainingEvent", "Training/Loop/TrainingInputs",
            "Training/Loop/TrainingTask",
            "Training/Runs/RunLogs", "Training/Runs/TrainingCheckpoint",
        ],
        "WireProtocolTests/EnvelopeTests": [
            "WireProtocol/Coding/CMessageScratch", "WireProtocol/Coding/ClientCoding",
            "WireProtocol/Coding/DecodedFields", "WireProtocol/Coding/GreetingCoding",
            "WireProtocol/Coding/JobCoding", "WireProtocol/Coding/ReportCoding",
            "WireProtocol/Coding/TensorCoding", "WireProtocol/Coding/TransferCoding",
            "WireProtocol/Coding/UnitCoding", "WireProtocol/Coding/WireNumbers",
            "WireProtocol/Coding/WorkerCoding", "WireProtocol/LibraryVersion",
            "WireProtocol/Messages/ClientMessages", "WireProtocol/Messages/ClientMessages+Checks",
            "WireProtocol/Messages/TransferMessages", "WireProtocol/Messages/WorkerMessages",
            "WireProtocol/Messages/WorkerMessages+Checks", "WireProtocol/ProtocolVersion",
            "WireProtocol/WireError", "WireProtocol/WireLimits",
        ],
        "WorkerTests/Runner/RunnerLoopTests": [
            "Worker/Runner/RunnerFiles", "Worker/Runner/UnitComputer",
        ],
        "WorkerTests/DeviceInventoryTests": [
            "Worker/InstructionSet"
        ],
        "WorkerTests/Daemon/WorkerDaemonTests": [
            "Worker/ConnectedSocket", "Worker/CoordinatorConnection", "Worker/WorkerClock",
            "Worker/WorkerConfiguration", "Worker/WorkerControl", "Worker/WorkerError",
        ],
        "WorkerTests/Runner/RunnerProcessTests": [
            "Worker/Runner/ChildProcess", "Worker/Runner/LineBuffer",
        ],
        "WorkerTests/Spool/SpoolTests": [
            "Worker/Spool/SpoolFile"
        ],
        "WorkerTests/Transfers/FetcherTests": [
            "Worker/Transfers/ChunkWindow", "Worker/Transfers/Fetch",
            "Worker/Transfers/ScalarType+Wire",
        ],
        "WorkerTests/Runner/RunnerMessagesTests": [
            "Worker/Runner/JSONFields", "Worker/Runner/JobSpecification+JSON",
        ],
        "ZeroMQTests/AuthenticatorTests": [
            "ZeroMQ/PlainThread"
        ],
        "ZeroMQTests/ContextTests": [
            "ZeroMQ/LibraryVersion"
        ],
        "ZeroMQTests/KeyFileTests": [
            "ZeroMQ/KeyFileError", "ZeroMQ/KeyFolder",
        ],
        "ZeroMQTests/SocketTests": [
            "ZeroMQ/Message", "ZeroMQ/SocketOptions", "ZeroMQ/ZeroMQError",
        ],
    ]

    /// The test file of each source file in `tests`.
    static var map: [String: String] {
        let pairs = tests.flatMap { test, sources in
            sources.map { ("Sources/\($0).swift", "Tests/\(test).swift") }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}
