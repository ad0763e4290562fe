import FileCore

/// The dictionary of tensors by name in what a `.pt` file holds: a `state_dict`, alone or in a checkpoint around it.
struct TorchStateDict {
  /// The keys that lead to the dictionary, such as `model_state_dict`; empty if it is the file's value itself.
  var path: String
  /// The tensors in the order in which they were saved. Names may repeat.
  var tensors: [(name: String, value: TorchTensor)]

  /// Why no dictionary was chosen, in words.
  struct Failure: Error {
    var reason: String
  }

  private static let advice =
    "save the weights alone, with torch.save(model.state_dict(), path)"

  /// Finds the dictionary.
  ///
  /// Candidates are dictionaries with names as keys and at least one tensor, but no state of an optimizer, which is a
  /// dictionary with the keys `state` and `param_groups`. Among several, those with a tensor of two axes or more are
  /// preferred, which losses and counts are not; among these, those with nothing but tensors.
  init(in contents: PickleContents) throws(Failure) {
    var search = Search(contents: contents)
    search.visit(contents.root, under: [])
    var found = search.candidates
    for isBetter in [\Candidate.hasMatrix, \Candidate.hasOnlyTensors] {
      let better = found.filter { $0[keyPath: isBetter] }
      if found.count > 1, !better.isEmpty { found = better }
    }
    guard let chosen = found.first else {
      throw Failure(reason: Self.refusal(of: search.moduleName, contents))
    }
    guard found.count == 1 else {
      let names = found.prefix(8).map { $0.path.isEmpty ? "the whole file" : $0.path }
      throw Failure(
        reason: "expected one state_dict, found \(found.count): \(names.listed()); "
          + "save alone the one that is meant, with torch.save(STATE_DICT, path)")
    }
    path = chosen.path
    tensors = chosen.tensors.map { ($0.name, contents.tensors[$0.index]) }
  }

  private static func refusal(of module: PickleName?, _ contents: PickleContents) -> String {
    let root = contents.root
    if let module {
      return "expected the tensors of a state_dict, found a whole pickled model of class "
        + "\(module); nothing of it was run: \(advice)"
    }
    if let container = contents.container(root), container.kind == .dictionary {
      let keys = container.pairs.prefix(6).map { contents.summary($0.key) }
      return "expected a dictionary of tensors by name, found none among "
        + (keys.isEmpty ? "no members" : keys.listed()) + ": \(advice)"
    }
    return "expected a dictionary of tensors by name, found \(contents.summary(root)): \(advice)"
  }
}

/// A dictionary with tensors.
private struct Candidate {
  /// The keys that lead to it.
  var keys: [String]
  var tensors: [(name: String, index: Int)] = []
  var hasMatrix = false
  var hasOnlyTensors = true

  var path: String { keys.joined(separator: ".") }
}

/// Looks for dictionaries with tensors, each container once.
private struct Search {
  let contents: PickleContents
  var candidates: [Candidate] = []
  /// The class of a module that was pickled whole, if there is one.
  var moduleName: PickleName?
  private var seen: Set<Int> = []
  /// The deepest dictionary that is looked for.
  private static let maximumDepth = 8

  init(contents: PickleContents) { self.contents = contents }

  mutating func visit(_ value: PickleValue, under keys: [String]) {
    guard keys.count < Self.maximumDepth, case .container(let index) = value,
      seen.insert(index).inserted
    else { return }
    let container = contents.containers[index]
    switch container.kind {
    case .tuple, .list, .set:
      for (index, element) in container.elements.enumerated() {
        visit(element, under: keys + ["\(index)"])
      }
    case .dictionary: visit(membersOf: container, under: keys)
    case .object(let name):
      let isModule = container.pairs.contains { contents.isText($0.key, "_parameters") }
      if isModule || keys.isEmpty {
        moduleName = moduleName ?? contents.names[name]
      } else {
        visit(membersOf: container, under: keys)
      }
    }
  }

  private mutating func visit(membersOf container: PickleContainer, under keys: [String]) {
    func has(_ key: String) -> Bool {
      container.pairs.contains { contents.isText($0.key, key) }
    }
    // The state of an optimizer.
    if has("state"), has("param_groups") { return }
    var candidate = Candidate(keys: keys)
    for (key, value) in container.pairs {
      switch (key, value) {
      case (.text(let name), .tensor(let index)):
        candidate.tensors.append((name, index))
        if contents.tensors[index].shape.count >= 2 { candidate.hasMatrix = true }
      case (.text(let name), _):
        candidate.hasOnlyTensors = false
        // A key of any length is not copied into every path.
        visit(value, under: keys + [name.utf8.count <= 64 ? name : "..."])
      case (.integer(let number), _):
        candidate.hasOnlyTensors = false
        visit(value, under: keys + ["\(number)"])
      default: candidate.hasOnlyTensors = false
      }
    }
    if !candidate.tensors.isEmpty { candidates.append(candidate) }
  }
}
