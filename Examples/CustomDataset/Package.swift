// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "custom-dataset",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "CustomDataset", targets: ["CustomDataset"])],
  dependencies: [
    .package(name: "swift-rnn", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "CustomDataset",
      dependencies: [
        .product(name: "Cells", package: "swift-rnn"),
        .product(name: "Checkpoint", package: "swift-rnn"),
        .product(name: "Datasets", package: "swift-rnn"),
        .product(name: "Models", package: "swift-rnn"),
        .product(name: "Training", package: "swift-rnn"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
