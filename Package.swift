// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors, but a compiler newer than those that we have tried may warn of more.
#if compiler(>=6.4)
  let swiftSettings: [SwiftSetting] = []
#else
  let swiftSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]
#endif

/// The commit of the checkout, for `--version`.
let commit = Context.gitInformation.map {
  $0.currentCommit.prefix(12) + ($0.hasUncommittedChanges ? "+" : "")
}

/// The argument parser, which the trait `Apps` brings.
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["Apps"]))

/// The HTTP server, of the playground alone.
let httpServer = Target.Dependency.product(
  name: "FlyingFox", package: "FlyingFox", condition: .when(traits: ["Apps"]))

/// The MPI libraries of the system that the trait `MPI` looks for: the one that the environment names, or whichever is
/// there. Code is compiled for one of them, so that where both are there, one must be named.
let mpiLibraries =
  switch Context.environment["SWIFT_RNN_MPI"] {
  case "openmpi": ["COpenMPI"]
  case "mpich": ["CMPICH"]
  default: ["COpenMPI", "CMPICH"]
  }

/// `Scripts/test-mpi` asks for MPI by the environment: a trait is a flag of every library, so that all would be compiled again.
let hasMPI = Context.environment["SWIFT_RNN_WITH_MPI"] != nil
let mpiCondition: TargetDependencyCondition? = hasMPI ? nil : .when(traits: ["MPI"])
let mpiSettings = swiftSettings + (hasMPI ? [.define("MPI")] : [])

/// A program of one folder, made of a library.
func program(
  _ name: String, folder: String, of library: Target.Dependency,
  using libraries: [Target.Dependency] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: [library] + libraries, path: "Sources/Apps/\(folder)",
    swiftSettings: swiftSettings)
}

let package = Package(
  name: "swift-rnn",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "TensorCore", targets: ["TensorCore"]),
    // Code that uses cells handles tensors, so both modules come with the one product.
    .library(name: "Cells", targets: ["Cells", "TensorCore"]),
    .library(name: "FileCore", targets: ["FileCore"]),
    // The interfaces of both show FileCore's errors, encodings and JSON.
    .library(name: "Datasets", targets: ["Datasets", "FileCore"]),
    .library(name: "Checkpoint", targets: ["Checkpoint", "FileCore"]),
    .library(name: "Models", targets: ["Models"]),
    .library(name: "Interop", targets: ["Interop"]),
    .library(name: "Training", targets: ["Training"]),
    // Training in several processes; with the trait `MPI`, through an MPI library of the system.
    .library(name: "DistributedTraining", targets: ["DistributedTraining"]),
    .library(name: "Downloads", targets: ["Downloads"]),
    // What the programs below are made of, for executables with cells and data of their own; it needs the trait `Apps`.
    .library(name: "Programs", targets: ["Programs"]),
    .executable(name: "train", targets: ["TrainApp"]),
    .executable(name: "predict", targets: ["PredictApp"]),
    .executable(name: "evaluate", targets: ["EvaluateApp"]),
    .executable(name: "generate", targets: ["GenerateApp"]),
    .executable(name: "inspect", targets: ["InspectApp"]),
    .executable(name: "convert", targets: ["ConvertApp"]),
    .executable(name: "cells", targets: ["CellsApp"]),
    .executable(name: "report", targets: ["ReportApp"]),
    .executable(name: "playground", targets: ["PlaygroundApp"]),
    .executable(name: "bench", targets: ["BenchApp"]),
    // Runs inside the plugin `NewCell`.
    .executable(name: "cell-to-swift", targets: ["CellToSwift"]),
    .plugin(name: "EmbedCheckpoint", targets: ["EmbedCheckpoint"]),
    .plugin(name: "NewCell", targets: ["NewCell"]),
    .plugin(name: "NewDataset", targets: ["NewDataset"]),
  ],
  traits: [
    .default(enabledTraits: ["Apps"]),
    .trait(name: "Apps", description: "The command-line programs, which need the argument parser."),
    .trait(
      name: "MPI",
      description: "Training on many machines, through Open MPI or MPICH of the system."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // Kernels must be fast in debug builds too: `swift run generate` is a debug build. Of what debuggers read, lines suffice for
    // optimised code; the rest would take a fifth of the time to compile it. (A plain -g follows these flags.)
    .target(
      name: "CTensorKernels",
      cSettings: [
        .unsafeFlags(["-O3", "-Xclang", "-debug-info-kind=line-tables-only"])
      ]),
    // How a caller's bug stops the process: under every library, so that all do it with one function.
    .target(name: "Requirements", swiftSettings: swiftSettings),
    .target(
      name: "TensorCore", dependencies: ["CTensorKernels", "Requirements"],
      swiftSettings: swiftSettings),
    .target(
      name: "Cells", dependencies: ["TensorCore", "Requirements"], swiftSettings: swiftSettings),
    .target(name: "FileCore", dependencies: ["Requirements"], swiftSettings: swiftSettings),
    .target(
      name: "Datasets", dependencies: ["FileCore", "Requirements"], swiftSettings: swiftSettings),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(
      name: "Checkpoint", dependencies: ["TensorCore", "FileCore", "CZlib", "Requirements"],
      swiftSettings: swiftSettings),
    .target(
      name: "Models",
      dependencies: ["TensorCore", "Cells", "FileCore", "Datasets", "Checkpoint", "Requirements"],
      swiftSettings: swiftSettings),
    .target(
      name: "Interop",
      dependencies: [
        "TensorCore", "Cells", "FileCore", "Datasets", "Checkpoint", "Models", "Requirements",
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "Training",
      dependencies: [
        "TensorCore", "Cells", "FileCore", "Datasets", "Checkpoint", "Models", "Requirements",
      ],
      swiftSettings: swiftSettings),
    // An MPI library of the system, whichever pkg-config knows.
    .systemLibrary(
      name: "COpenMPI", pkgConfig: "ompi-c",
      providers: [.apt(["libopenmpi-dev"]), .brew(["open-mpi"])]),
    .systemLibrary(
      name: "CMPICH", pkgConfig: "mpich", providers: [.apt(["libmpich-dev"]), .brew(["mpich"])]),
    .target(
      name: "CMessagePassing",
      dependencies: mpiLibraries.map { .target(name: $0, condition: mpiCondition) },
      cSettings: [.define("SWIFT_RNN_MPI", hasMPI ? nil : .when(traits: ["MPI"]))]),
    .target(
      name: "DistributedTraining",
      dependencies: [
        "Training", "Requirements",
        .target(name: "CMessagePassing", condition: mpiCondition),
      ],
      swiftSettings: mpiSettings),
    .target(
      name: "Downloads", dependencies: ["FileCore", "Datasets"], swiftSettings: swiftSettings),
    // A library of its own, so that a new commit compiles nothing else again.
    .target(
      name: "CBuildCommit",
      cSettings: commit.map { [.define("SWIFT_RNN_COMMIT", to: "\"\($0)\"")] } ?? []),
    // The programs that use models, and what all programs share: who generates links no trainer.
    .target(
      name: "ProgramsCore",
      dependencies: [
        "Interop", "Models", "Checkpoint", "Cells", "Datasets", "FileCore", "TensorCore",
        "Requirements", "CBuildCommit", argumentParser,
      ],
      swiftSettings: swiftSettings),
    // The programs that train and measure, and all of them for executables of a third party.
    .target(
      name: "Programs",
      dependencies: [
        "ProgramsCore", "Training", "Models", "Checkpoint", "Cells", "Datasets", "FileCore",
        "TensorCore", "Downloads", argumentParser,
        .target(name: "DistributedTraining", condition: mpiCondition),
      ],
      swiftSettings: mpiSettings),
    program("TrainApp", folder: "Train", of: "Programs"),
    program("PredictApp", folder: "Predict", of: "ProgramsCore"),
    program("EvaluateApp", folder: "Evaluate", of: "Programs"),
    program("GenerateApp", folder: "Generate", of: "ProgramsCore"),
    program("InspectApp", folder: "Inspect", of: "ProgramsCore"),
    program("ConvertApp", folder: "Convert", of: "ProgramsCore"),
    program("CellsApp", folder: "Cells", of: "ProgramsCore"),
    program("ReportApp", folder: "Report", of: "Programs"),
    // The page in a browser in which one sees a model learn: its session, its server, and its files.
    .target(
      name: "Playground",
      dependencies: [
        "ProgramsCore", "Training", "Interop", "Models", "Checkpoint", "Cells", "Datasets",
        "FileCore", "TensorCore", argumentParser, httpServer,
      ],
      resources: [.embedInCode("Page")], swiftSettings: swiftSettings),
    program("PlaygroundApp", folder: "Playground", of: "Playground", using: ["ProgramsCore"]),
    .target(
      name: "BenchProbes", dependencies: ["CTensorKernels"], path: "Sources/Apps/BenchProbes"),
    .target(
      name: "BenchSupport",
      dependencies: [
        "BenchProbes", "CTensorKernels", "TensorCore", "Cells", "Datasets", "Checkpoint",
        "Models", "Interop", "Training",
      ],
      path: "Sources/Apps/BenchSupport", swiftSettings: swiftSettings),
    program(
      "BenchApp", folder: "Bench", of: "ProgramsCore",
      using: [
        "BenchSupport", "TensorCore", "Cells", "FileCore", "Checkpoint", "Models", "Interop",
        argumentParser,
      ]),
    // The plugins, and the tool that one of them runs. SwiftPM compiles a tool's libraries for the host, once more
    // than for the program, so the tool has none of ours.
    .executableTarget(
      name: "EmbedTool", dependencies: ["CZlib"], path: "Sources/Apps/Embed",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "CellToSwift", dependencies: ["Cells"], path: "Sources/Apps/CellToSwift",
      swiftSettings: swiftSettings),
    .plugin(
      name: "EmbedCheckpoint", capability: .buildTool(), dependencies: ["EmbedTool"]),
    .plugin(
      name: "NewCell",
      capability: .command(
        intent: .custom(verb: "new-cell", description: "Adds a recurrent cell and its tests."),
        permissions: [.writeToPackageDirectory(reason: "It writes the cell's two files.")])),
    .plugin(
      name: "NewDataset",
      capability: .command(
        intent: .custom(verb: "new-dataset", description: "Adds a dataset and its tests."),
        permissions: [.writeToPackageDirectory(reason: "It writes the dataset's two files.")])),
    .testTarget(
      name: "TensorCoreTests", dependencies: ["TensorCore", "CTensorKernels", "Requirements"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "CellsTests", dependencies: ["Cells", "TensorCore", "Checkpoint", "Requirements"],
      exclude: ["Fixtures"], swiftSettings: swiftSettings),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "FileCore"], exclude: ["Fixtures"],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "CheckpointProbe", dependencies: ["Checkpoint"], path: "Tests/CheckpointProbe",
      swiftSettings: swiftSettings),
    .testTarget(
      name: "DownloadsTests", dependencies: ["Downloads", "Datasets"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "CheckpointTests",
      dependencies: [
        "CheckpointProbe", "Checkpoint", "Cells", "FileCore", "TensorCore", "Models", "CZlib",
      ],
      exclude: ["Fixtures"], swiftSettings: swiftSettings),
    .testTarget(
      name: "ModelsTests",
      dependencies: [
        "ModelFixtures", "Models", "Cells", "TensorCore", "FileCore", "Datasets", "Checkpoint",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "InteropTests",
      dependencies: [
        "Interop", "Models", "Cells", "TensorCore", "FileCore", "Datasets", "Checkpoint",
      ],
      exclude: ["Fixtures"], swiftSettings: swiftSettings),
    // Models whose numbers PyTorch computed, which the tests of models and of training share.
    .target(
      name: "ModelFixtures",
      dependencies: ["Models", "Cells", "TensorCore", "Datasets", "Checkpoint"],
      path: "Tests/ModelFixtures", exclude: ["Fixtures"], swiftSettings: swiftSettings),
    .testTarget(
      name: "WrongCallTests",
      dependencies: [
        "Training", "Models", "Cells", "TensorCore", "Datasets", "Checkpoint",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "ModelFixtures", "DistributedTraining", "Training", "Models", "Cells", "TensorCore",
        "Datasets",
        "Checkpoint",
      ],
      exclude: ["Fixtures"], swiftSettings: swiftSettings),
    .testTarget(
      name: "PlaygroundTests",
      dependencies: ["Playground", "Models", "FileCore", httpServer], exclude: ["Browser"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "AppsTests",
      dependencies: [
        "TrainApp", "PredictApp", "EvaluateApp", "GenerateApp", "InspectApp", "ConvertApp",
        "CellsApp", "ReportApp", "PlaygroundApp", "BenchApp", "EmbedTool", "BenchSupport",
        "Programs",
        "ProgramsCore", "Training", "Interop", "DistributedTraining", "Models", "Cells",
        "TensorCore", "FileCore",
        "Datasets", "Checkpoint",
      ],
      exclude: [
        "Outputs", "Peers/greedy_onnx.py", "Peers/onnx_node_tests.py", "Peers/read_events.py",
        "Peers/rewrite_safetensors.py", "Peers/run_onnx.py",
      ],
      swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)

// Documentation is built by a plugin that nobody who depends on this package should have to fetch.
if Context.environment["SWIFT_RNN_DOCS"] != nil {
  package.dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
