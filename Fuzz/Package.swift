// swift-tools-version: 6.2
import PackageDescription

// libFuzzer on the readers of the library Checkpoint, on the graphs of Models and on cells as text. `Sources/Fuzzing` is the folder of the same name of the tests,
// which look at a fixed million of files with it.
let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-rnn", path: "..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        .product(name: "Checkpoint", package: "swift-rnn"),
        .product(name: "Models", package: "swift-rnn"),
        .product(name: "Cells", package: "swift-rnn"),
      ],
      path: "Sources")
  ],
  swiftLanguageModes: [.v6]
)
