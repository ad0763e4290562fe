// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "own-programs",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "OwnPrograms", targets: ["OwnPrograms"])],
  dependencies: [
    // With the trait Apps, which is on by default: programs need the argument parser.
    .package(name: "swift-rnn", path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "OwnPrograms",
      dependencies: [
        .product(name: "Cells", package: "swift-rnn"),
        .product(name: "Datasets", package: "swift-rnn"),
        .product(name: "Programs", package: "swift-rnn"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
