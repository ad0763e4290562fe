// swift-tools-version: 6.2
import PackageDescription

// A program that has its model inside: the build plugin makes a constant of every .rnnz file of the target.
let package = Package(
  name: "embedded-model",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "EmbeddedModel", targets: ["EmbeddedModel"])],
  dependencies: [
    .package(name: "swift-rnn", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "EmbeddedModel",
      dependencies: [.product(name: "Models", package: "swift-rnn")],
      plugins: [.plugin(name: "EmbedCheckpoint", package: "swift-rnn")])
  ],
  swiftLanguageModes: [.v6]
)
