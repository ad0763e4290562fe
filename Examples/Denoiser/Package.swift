// swift-tools-version: 6.2
import PackageDescription

// A published denoiser: two ONNX graphs, an STFT and a WAV file.
let package = Package(
  name: "denoiser",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "Denoiser", targets: ["Denoiser"])],
  dependencies: [
    .package(name: "swift-rnn", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "Denoiser",
      dependencies: [
        .product(name: "Models", package: "swift-rnn"),
        .product(name: "Datasets", package: "swift-rnn"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
