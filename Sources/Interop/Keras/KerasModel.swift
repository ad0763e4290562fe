import Checkpoint
import FileCore
import TensorCore

/// The layers of a model of Keras with their weights, in the model's order.
///
/// Read are the files of Keras 3 (`layers/lstm/cell/vars/0`, as `.weights.h5`, `.keras` or `.npz`) and those of Keras 1
/// and 2 (`lstm_1/lstm_1/kernel:0`, with attributes that list the layers and their weights).
struct KerasModel {
  struct Layer {
    /// The path that the weights' names begin with.
    var path: String
    /// The weights by the last part of their names, such as `kernel`; of Keras 3 by number.
    var weights: [String: Tensor]
    /// The layer's own name and options, if the file describes the model.
    var options: JSONValue?

    func weight(_ name: String, _ number: Int) -> Tensor? { weights[name] ?? weights["\(number)"] }

    /// Whether the layer has a kernel for its state.
    var isRecurrent: Bool { path.hasSuffix("/cell") || weights["recurrent_kernel"] != nil }

    /// An option that is a text.
    func text(_ option: String) -> String? { options?.member(option)?.stringValue }

    /// An option that is a truth value.
    func flag(_ option: String) -> Bool? { options?.member(option)?.flag }
  }

  var layers: [Layer] = []
  /// The version of Keras that wrote the file, such as `2.2.0`.
  var version: String?

  /// The slope of a hard sigmoid: Keras 3 has PyTorch's.
  var hardSigmoidSlope: Double { isOlder(than: [3]) ? 0.2 : 1.0 / 6 }

  /// Whether a step of a merged value is masked where one of the values' is. Since 3.4 it is where all are.
  var mergesMasksByAnd: Bool { isOlder(than: [3, 4]) }

  private func isOlder(than other: [Int]) -> Bool {
    guard let version else { return false }
    return version.split(separator: ".").map { Int($0) ?? 0 }.lexicographicallyPrecedes(other)
  }

  /// Whether these are names of Keras' weights.
  static func isKind(_ names: some Collection<String>) -> Bool {
    names.contains { $0.contains("/vars/") || $0.hasSuffix("kernel:0") }
  }

  init(_ arrays: [String: Tensor], of file: ArrayFile) {
    let metadata = file.metadata
    version = metadata["keras_version"]
    let described = metadata["model_config"].flatMap {
      try? JSONValue(parsing: Array($0.utf8), maximumDepth: ReadLimits().jsonDepth)
    }
    let options = Self.options(described)
    if case .hdf5(let content) = file.content, let named = Self.namedLayers(content) {
      for (name, paths) in named {
        add(paths, arrays, options: options.first { $0.name == name }?.options)
      }
    } else {
      addOwners(of: arrays, options)
    }
  }

  /// Adds the layers of a name's weights: one for each path that has some.
  private mutating func add(_ paths: [String], _ arrays: [String: Tensor], options: JSONValue?) {
    var parts: [(path: String, weights: [String: Tensor])] = []
    for path in paths {
      let (parent, leaf) = Self.split(path)
      if parts.last?.path != parent { parts.append((parent, [:])) }
      parts[parts.count - 1].weights[leaf] = arrays[path]
    }
    layers += parts.map { Layer(path: $0.path, weights: $0.weights, options: options) }
  }

  /// Adds the layers that the weights' paths name, in the order of the description, else of the numbers in names.
  private mutating func addOwners(
    of arrays: [String: Tensor], _ options: [(name: String, key: String, options: JSONValue)]
  ) {
    var owners: [String: [String: Tensor]] = [:]
    for (path, tensor) in arrays
    where path.contains("/vars/") && !path.hasPrefix("optimizer/")
      && !path.contains("seed_generator")
    {
      let parts = path.split(separator: "/vars/", omittingEmptySubsequences: false)
      owners[String(parts[0]), default: [:]][String(parts.last ?? "")] = tensor
    }
    for (path, tensor) in arrays where path.hasSuffix(":0") {
      let (parent, leaf) = Self.split(path)
      owners[parent, default: [:]][leaf] = tensor
    }
    layers = owners.map { path, weights in
      Layer(
        path: path, weights: weights,
        options: options.first { path.isKerasPath(of: $0.key) }?.options)
    }
    let order = options.map(\.key)
    layers.sort { a, b in
      let places = [a, b].map { layer in order.firstIndex { layer.path.isKerasPath(of: $0) } }
      if let first = places[0], let second = places[1], first != second { return first < second }
      return a.path.kerasOrder < b.path.kerasOrder
    }
  }

  /// The parent of a weight's path, and its last part without `:0`.
  private static func split(_ path: String) -> (parent: String, leaf: String) {
    let slash = path.lastIndex(of: "/")
    let parent = slash.map { String(path[..<$0]) } ?? ""
    var leaf = slash.map { String(path[path.index(after: $0)...]) } ?? path
    if leaf.hasSuffix(":0") { leaf.removeLast(2) }
    return (parent, leaf)
  }

  /// The layers of a file of Keras 1 and 2 in their order, with the paths of their weights; nil for another file.
  private static func namedLayers(_ file: HDF5File) -> [(name: String, paths: [String])]? {
    for root in ["", "model_weights"] {
      guard let names = file.texts("layer_names", of: root) else { continue }
      let prefix = root.isEmpty ? "" : root + "/"
      return names.map { name in
        let weights = file.texts("weight_names", of: prefix + name) ?? []
        return (name, weights.map { "\(prefix)\(name)/\($0)" })
      }
    }
    return nil
  }

  /// The layers of a model's description: names, Keras 3's keys in files (`lstm`, `lstm_1`), and options.
  private static func options(
    _ model: JSONValue?
  ) -> [(name: String, key: String, options: JSONValue)] {
    var counts: [String: Int] = [:]
    return (model.map { KerasDescription.elements(of: $0) } ?? []).compactMap { layer in
      guard let type = layer.member("class_name")?.stringValue, type != "InputLayer",
        let options = layer.member("config")
      else { return nil }
      let base = type.snakeCase
      let number = counts[base, default: 0]
      counts[base] = number + 1
      let name = options.member("name")?.stringValue ?? ""
      return (name, number == 0 ? base : "\(base)_\(number)", options)
    }
  }
}

extension String {
  /// The name in lower case as Keras writes it: with an underscore before a capital that a small letter follows, and between
  /// a small letter and a capital. `Conv1D` is `conv1d`, `CuDNNLSTM` is `cu_dnnlstm`.
  fileprivate var snakeCase: String {
    let characters = Array(self)
    return characters.indices.reduce("") { name, index in
      let next = index + 1 < characters.count ? characters[index + 1] : "A"
      let isStart =
        index > 0 && characters[index].isUppercase
        && (characters[index - 1].isLowercase || next.isLowercase)
      return name + (isStart ? "_" : "") + characters[index].lowercased()
    }
  }

  /// Whether a path of weights is that of the layer with a key: `layers/lstm_1/cell`.
  fileprivate func isKerasPath(of key: String) -> Bool {
    split(separator: "/").contains { $0 == key }
  }

  /// The sort key of a path like `layers/gru_12/cell`: its number (0 if there is none), then the name.
  fileprivate var kerasOrder: (Int, String) {
    let layer = hasSuffix("/cell") ? String(dropLast("/cell".count)) : self
    let digits = layer.reversed().prefix { $0.isNumber }.reversed()
    let hasNumber = layer.dropLast(digits.count).hasSuffix("_")
    return (hasNumber ? Int(String(digits)) ?? 0 : 0, self)
  }
}
