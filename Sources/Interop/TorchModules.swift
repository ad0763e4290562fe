import TensorCore

/// The tensors of a `state_dict` by module: `rnn.weight_ih_l0` is `weight_ih_l0` of the module `rnn`.
struct TorchModules {
  /// What every name begins with, such as `module.` of a model that was trained in parallel; it is left out of names.
  let prefix: String
  /// The tensors of each module by the last part of their names.
  private(set) var modules: [String: [String: Tensor]] = [:]

  init(_ arrays: [String: Tensor]) {
    var names = Set(arrays.keys)
    var prefix = ""
    // One part at a time, while more than one module remains.
    while let part = Self.commonPart(names) {
      let shorter = Set(names.map { String($0.dropFirst(part.count)) })
      guard Set(shorter.map { Self.split($0).module }).count > 1 else { break }
      (names, prefix) = (shorter, prefix + part)
    }
    self.prefix = prefix
    for name in names {
      let (module, leaf) = Self.split(name)
      modules[module, default: [:]][leaf] = arrays[prefix + name]
    }
  }

  /// The first part of all names, with its dot; nil if they differ in it or have none.
  private static func commonPart(_ names: Set<String>) -> String? {
    guard let first = names.first, let dot = first.firstIndex(of: ".") else { return nil }
    let part = first[...dot]
    return names.allSatisfy { $0.hasPrefix(part) } ? String(part) : nil
  }

  private static func split(_ name: String) -> (module: String, leaf: String) {
    guard let dot = name.lastIndex(of: ".") else { return ("", name) }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }

  /// The modules with weights of an `nn.RNN`, `nn.LSTM` or `nn.GRU`, or of one of their cells.
  ///
  /// If there are several, as elements of one list (`layers.0`, `layers.1`), they are in the order of the list.
  var recurrent: [String] {
    let names = modules.filter { $0.value.keys.contains { $0.isRecurrentParameter } }.keys
    let numbered = names.compactMap { name in
      Int(Self.split(name).leaf).map { (parent: Self.split(name).module, number: $0, name: name) }
    }
    guard numbered.count == names.count, Set(numbered.map(\.parent)).count == 1 else {
      return names.sorted()
    }
    return numbered.sorted { $0.number < $1.number }.map(\.name)
  }

  /// Whether the recurrent modules are elements of one list.
  var isRecurrentList: Bool {
    let parts = recurrent.map(Self.split)
    return parts.count > 1 && Set(parts.map(\.module)).count == 1
      && parts.allSatisfy { Int($0.leaf) != nil }
  }

  /// The name of a tensor in the file.
  func name(_ module: String, _ leaf: String) -> String {
    prefix + (module.isEmpty ? leaf : "\(module).\(leaf)")
  }
}

extension String {
  /// Whether this is the last part of the name of a recurrent layer's parameter.
  fileprivate var isRecurrentParameter: Bool {
    ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].contains { hasPrefix($0) }
  }
}
