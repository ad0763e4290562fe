// swift-tools-version: 6.2
import PackageDescription

// A published voice detector: convolutions and an LSTM, whose weights are a safetensors file, and a WAV file.
let package = Package(
  name: "voice-detector",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "VoiceDetector", targets: ["VoiceDetector"])],
  dependencies: [
    .package(name: "swift-rnn", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "VoiceDetector",
      dependencies: [
        .product(name: "Cells", package: "swift-rnn"),
        .product(name: "Checkpoint", package: "swift-rnn"),
        .product(name: "Datasets", package: "swift-rnn"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
