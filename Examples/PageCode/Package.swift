// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "page-code",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "PageCode", targets: ["PageCode"])],
  dependencies: [
    .package(name: "swift-rnn", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "PageCode",
      dependencies: [
        .product(name: "Cells", package: "swift-rnn"),
        .product(name: "Checkpoint", package: "swift-rnn"),
        .product(name: "Datasets", package: "swift-rnn"),
        .product(name: "Downloads", package: "swift-rnn"),
        .product(name: "Interop", package: "swift-rnn"),
        .product(name: "Models", package: "swift-rnn"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
