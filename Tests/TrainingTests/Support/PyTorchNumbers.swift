import Foundation

/// The results of `Fixtures/training/make_training.py`.
struct PyTorchNumbers: Decodable {
  struct Smoothing: Decodable {
    var logits: [Float]
    var targets: [Int32]
    var loss: Float
    var gradient: [Float]
  }

  struct Averages: Decodable {
    var weights: [Float]
    var swa: [[Float]]
    var ema: [[Float]]
  }

  var schedules: [String: [Double]]
  var measured: [Double]
  var smoothing: Smoothing
  var averages: Averages

  static func load() throws -> PyTorchNumbers {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/training/training.json")
    return try JSONDecoder().decode(PyTorchNumbers.self, from: Data(contentsOf: file))
  }
}
