import Checkpoint
import Foundation

/// Whether all of what can be damaged is damaged, as in `make test-deep`, or a part of it.
let isDeep = ProcessInfo.processInfo.environment["SWIFT_RNN_DEEP"] != nil

/// Approximately standard normal numbers: sums of twelve uniform ones, minus six.
func normals(_ count: Int, seed: UInt64) -> [Float] {
  var generator = SplitMix(seed)
  return (0..<count).map { _ in
    (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) }
  }
}

/// A checkpoint of about 2 KB with an entry of each kind, stored and compressed, filtered and not, empty and of rank 0.
func sample() throws -> Checkpoint {
  var checkpoint = Checkpoint()
  checkpoint.set(StoredArray(normals(96, seed: 1), shape: [8, 12]), .model, "rnn.weight_ih_l0")
  checkpoint.set(StoredArray(normals(8, seed: 2), shape: [8]), .model, "rnn.bias_ih_l0")
  checkpoint.set(StoredArray([Float](), shape: [0, 3]), .model, "empty")
  checkpoint.set(
    StoredArray([UInt8](repeating: 7, count: 200), shape: [200]), .optimizer, "plain")
  try checkpoint.setJSON(["cell": "lstm", "note": "déjà vu"], .configuration, "model")
  checkpoint.set(StoredArray(UInt64(1500)), .trainer, "step")
  checkpoint.set(StoredArray(Double.nan), .trainer, "best")
  checkpoint.set(bytes: Array("any bytes".utf8), .application(3), "note")
  return checkpoint
}
