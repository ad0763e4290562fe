import Cells
import Checkpoint
import TensorCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A recurrent layer with everything that its loss is differentiated by.
struct LayerUnderTest: Module {
  var layer: Recurrent
  var input: Tensor
  var state: RecurrentState

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("", &layer)
    visitor.visit("input", &input)
    for name in state.names { visitor.visit(name, &state[name]) }
  }
}

/// One of the cases that `make_layers.py` writes.
struct LayerCase: Sendable, CustomStringConvertible {
  struct Configuration: Decodable {
    var kind: String
    var input_size: Int
    var hidden_size: Int
    var num_layers: Int
    var bias: Bool
    var batch_first: Bool
    var bidirectional: Bool
    var nonlinearity: String?
    var proj_size: Int?
    var batch: Int
    var time: Int
  }

  let path: String
  var description: String { String(path.split(separator: "/").last ?? "") }

  static let fixtures = directory(of: #filePath) + "/../Fixtures/layers"
  static let reference = directory(of: #filePath) + "/../../../../shared/reference/layers"

  /// The cases of a directory; none where it is absent.
  static func all(in directory: String) -> [LayerCase] {
    guard let handle = opendir(directory) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".safetensors") { names.append(name) }
    }
    return names.sorted().map { LayerCase(path: directory + "/" + $0) }
  }

  private static func directory(of file: String) -> String {
    file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }

  func load() throws -> (
    configuration: Configuration, tensors: [String: Tensor], lengths: [Int]?
  ) {
    let file = try Safetensors(path: path)
    var tensors: [String: Tensor] = [:]
    var lengths: [Int]?
    for (name, array) in file.arrays {
      if name == "lengths" {
        lengths = array.values(as: Int64.self)?.map(Int.init)
      } else {
        tensors[name] = Tensor(array.floats, shape: array.shape)
      }
    }
    return (try file.json(Configuration.self, metadata: "config"), tensors, lengths)
  }
}
