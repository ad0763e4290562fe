// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "many-ranks",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "ManyRanks", targets: ["ManyRanks"])],
  dependencies: [
    .package(name: "swift-rnn", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "ManyRanks",
      dependencies: [
        .product(name: "Cells", package: "swift-rnn"),
        .product(name: "Datasets", package: "swift-rnn"),
        .product(name: "DistributedTraining", package: "swift-rnn"),
        .product(name: "FileCore", package: "swift-rnn"),
        .product(name: "Models", package: "swift-rnn"),
        .product(name: "Training", package: "swift-rnn"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
