// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "streaming",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "Streaming", targets: ["Streaming"])],
  dependencies: [
    .package(name: "swift-rnn", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "Streaming",
      dependencies: [
        .product(name: "Cells", package: "swift-rnn"),
        .product(name: "Datasets", package: "swift-rnn"),
        .product(name: "Training", package: "swift-rnn"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
