// swift-tools-version: 6.3
import PackageDescription

// One place for the settings of every Swift target: Swift 6 mode, warnings are errors, and the
// upcoming features that make imports and existentials explicit.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

// Product code also marks every use of unsafe memory; only the targets that sit on C contain any.
let product: [SwiftSetting] = strict + [.strictMemorySafety()]

func library(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
    -> Target
{
    .target(
        name: name,
        dependencies: dependencies,
        resources: resources,
        swiftSettings: product
    )
}

func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    exclude: [String] = [],
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies + ["TestSupport"],
        exclude: exclude,
        resources: resources,
        swiftSettings: strict
    )
}

let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)

let database: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "weft",
    products: [.executable(name: "weft", targets: ["CLI"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C boundaries.
        .systemLibrary(name: "CZeroMQ"),
        .systemLibrary(name: "CFFmpeg"),
        .systemLibrary(name: "CSodium"),
        .target(name: "CProtobuf", linkerSettings: [.linkedLibrary("protobuf-c")]),
        .target(
            name: "CKernels",
            // Kernels are numerics: optimised in debug builds too, and never contracted behind the
            // author's back, so that each version gives the same bits in every build.
            cSettings: [
                .unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Werror"])
            ],
            linkerSettings: [.linkedLibrary("openblas"), .linkedLibrary("m")]
        ),

        // Nothing of CUDA is needed to build: the kernels are texts, compiled where a device is.
        .target(
            name: "CCudaKernels",
            exclude: ["kernels"],
            cSettings: [.unsafeFlags(["-Wall", "-Werror"])]
        ),

        // Libraries.
        library("ZeroMQ", ["CZeroMQ"]),
        library("FFmpeg", ["CFFmpeg"]),
        library("Tensors", ["CKernels"]),
        library("Cuda", ["CCudaKernels", "Tensors"]),
        library("NN", ["Tensors"]),
        library("Models", ["NN", "Tensors"]),
        library("Diffusion", ["Tensors"]),
        library("Pipelines", ["Diffusion", "Models", "NN", "Tensors", "FFmpeg"]),
        library("Scheduling", []),
        library("Simulation", ["Scheduling"]),
        library("WireProtocol", ["Scheduling", "CProtobuf", "CSodium"]),
        library(
            "Coordinator",
            [
                "Scheduling", "WireProtocol", "ZeroMQ", "Diffusion", "Tensors", "FFmpeg",
                database, logging,
            ]
        ),
        library(
            "Worker",
            ["Scheduling", "WireProtocol", "ZeroMQ", "Pipelines", "Tensors", logging]
        ),
        library("Scenes", ["Tensors"]),
        library(
            "Evaluation",
            ["Diffusion", "FFmpeg", "Models", "Pipelines", "Scenes", "Tensors"]
        ),
        library(
            "Training",
            [
                "Diffusion", "Evaluation", "FFmpeg", "Models", "NN", "Pipelines", "Scenes",
                "Tensors",
            ]
        ),
        // The model that comes with the program: the bundle of this target holds its folder.
        library("ShippedModel", ["Tensors"], resources: [.copy("weft-small")]),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "Coordinator", "Cuda", "Worker", "Simulation", "Training", "Evaluation",
                "Pipelines", "Scheduling", "WireProtocol", "ZeroMQ", "FFmpeg", "Diffusion",
                "Models", "NN", "Scenes", "ShippedModel", "Tensors", argumentParser, logging,
            ],
            swiftSettings: product
        ),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["NN", "Tensors"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        tests("TensorsTests", ["Tensors"]),
        // The emulated device is C++, built by the tests that use it.
        tests(
            "CudaTests",
            ["Cuda", "Models", "NN", "Tensors", "Training"],
            exclude: ["Emulator"]
        ),
        tests("NNTests", ["NN", "Tensors"]),
        tests("ModelsTests", ["Models", "NN", "Tensors"], resources: [.copy("Goldens")]),
        tests("DiffusionTests", ["Diffusion", "Tensors"], resources: [.copy("Goldens")]),
        tests(
            "PipelinesTests",
            ["Pipelines", "Models", "Diffusion", "NN", "Tensors"],
            resources: [.copy("Goldens")]
        ),
        tests("SchedulingTests", ["Scheduling"]),
        tests("SimulationTests", ["Simulation", "Scheduling"]),
        tests("WireProtocolTests", ["WireProtocol", "Scheduling"]),
        tests("ZeroMQTests", ["ZeroMQ"]),
        tests("FFmpegTests", ["FFmpeg"]),
        tests(
            "CoordinatorTests",
            [
                "Coordinator", "Scheduling", "WireProtocol", "ZeroMQ", "Diffusion", "Tensors",
                "FFmpeg", database, logging,
            ]
        ),
        tests(
            "WorkerTests",
            [
                "Worker", "Scheduling", "WireProtocol", "ZeroMQ", "Pipelines", "Models", "Tensors",
                logging,
            ],
            resources: [.copy("Fixtures")]
        ),
        tests(
            "TrainingTests",
            ["Training", "Diffusion", "FFmpeg", "Models", "NN", "Pipelines", "Scenes", "Tensors"]
        ),
        tests(
            "EvaluationTests",
            ["Evaluation", "Diffusion", "FFmpeg", "Models", "Pipelines", "Scenes", "Tensors"]
        ),
        tests("ScenesTests", ["Scenes"]),
        tests("ShippedModelTests", ["ShippedModel"]),
        tests("TidyTests", []),
        tests("EndToEndTests", ["FFmpeg", "Tensors", database], resources: [.copy("Goldens")]),
    ]
)
