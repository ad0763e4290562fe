// swift-tools-version: 6.2
import PackageDescription

// A package that uses only recurrent layers. `traits: []` leaves out our programs, and with them the argument
// parser.
let package = Package(
  name: "cells-only",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-rnn", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "CellsOnly", dependencies: [.product(name: "Cells", package: "swift-rnn")])
  ],
  swiftLanguageModes: [.v6]
)
