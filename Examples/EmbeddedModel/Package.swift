// swift-tools-version: 6.2
import PackageDescription

// A program with an embedded model: the build plugin turns every .rnnz file of the target into a constant.
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
