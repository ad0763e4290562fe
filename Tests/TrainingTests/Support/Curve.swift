import Checkpoint
import TensorCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A training curve of PyTorch, with everything needed to reproduce it.
struct Curve: Sendable, CustomStringConvertible {
  struct Setting: Decodable {
    var kind: String
    var lr: Double
    var embedding: Int
    var hidden: Int
    var layers: Int
    var batch: Int
    var time: Int
    var vocabulary: [String]
  }

  let path: String
  var description: String { String(path.split(separator: "/").last ?? "") }

  static let fixtures = all(in: folder(of: #filePath) + "/../Fixtures/curves")
  static let reference = all(in: folder(of: #filePath) + "/../../../../shared/reference/curves")

  private static func all(in directory: String) -> [Curve] {
    ["rnn-10x3", "gru-10x3", "lstm-10x3", "lstm-64x1", "gru-64x2"]
      .map { Curve(path: "\(directory)/curve-\($0).safetensors") }
      .filter { access($0.path, R_OK) == 0 }
  }

  /// The setting, the initial weights, the batches and the loss of every step.
  func load() throws -> (
    setting: Setting, weights: [String: Tensor], inputs: [[Int32]], targets: [[Int32]],
    losses: [Double]
  ) {
    let file = try Safetensors(path: path)
    let setting = try file.json(Setting.self, metadata: "config")
    func batches(_ name: String) throws -> [[Int32]] {
      let ids = (try file.array(name).values(as: Int64.self) ?? []).map { Int32($0) }
      let size = setting.batch * setting.time
      return stride(from: 0, to: ids.count, by: size).map { Array(ids[$0..<$0 + size]) }
    }
    let weights = [String: Tensor](
      uniqueKeysWithValues: file.arrays.filter { $0.key.contains(".") }
        .map { ($0.key, Tensor($0.value.floats, shape: $0.value.shape)) })
    return (
      setting, weights, try batches("x"),
      try batches("y"), try file.array("loss").values(as: Double.self) ?? []
    )
  }
}

/// The folder that a source file is in.
func folder(of file: String) -> String {
  file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
}
