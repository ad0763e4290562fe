// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "custom-cell",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "CustomCell", targets: ["CustomCell"])],
  dependencies: [
    .package(name: "swift-rnn", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "CustomCell",
      dependencies: [
        .product(name: "Cells", package: "swift-rnn"),
        .product(name: "Datasets", package: "swift-rnn"),
        .product(name: "Models", package: "swift-rnn"),
        .product(name: "Training", package: "swift-rnn"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
