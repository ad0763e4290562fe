import TensorCore

extension RecurrentMemory {
  /// The content of a memory, to be saved. A memory restored from it continues with the same bits.
  public struct Snapshot: Sendable {
    /// Arrays by name: `state/…`, `influence/LAYER/NUMBER`, for steps that an influence matrix does not contain yet
    /// `deferred/LAYER/NUMBER`, and for truncated backpropagation `history/…`.
    public var tensors: [String: Tensor]
    /// The other values.
    public var details: Details

    /// A snapshot that was saved as these parts.
    public init(tensors: [String: Tensor], details: Details) {
      self.tensors = tensors
      self.details = details
    }
  }

  /// What a snapshot holds besides arrays.
  public struct Details: Codable, Hashable, Sendable {
    /// Which samples are at the start of a sequence.
    var isAtStart: [Bool]
    /// Which samples were at the start of a sequence before the steps of the history.
    var historyStarts: [Bool]?
    /// The number of random signs that each layer's engine has sampled.
    var draws: [Int]
  }

  /// A snapshot does not fit a memory.
  public struct SnapshotMismatch: Error, Hashable, CustomStringConvertible {
    /// The array or detail.
    public let name: String
    /// The shape or value that the memory has.
    public let expected: String
    /// The shape or value in the snapshot.
    public let found: String

    /// One line with all three.
    public var description: String { "\(name): expected \(expected), found \(found)" }
  }

  /// The memory's present content.
  public var snapshot: Snapshot {
    withPast { past in
      past.finishPendingWindow()
      return past.snapshot
    }
  }

  /// Replaces the content by that of another memory of the same layer, engine and batch.
  ///
  /// - Throws: ``SnapshotMismatch`` if something is missing or does not fit; then nothing has changed.
  public func restore(_ snapshot: Snapshot) throws(SnapshotMismatch) {
    try withPast { past throws(SnapshotMismatch) in try past.take(snapshot) }
  }
}

extension Past {
  typealias Snapshot = RecurrentMemory.Snapshot
  typealias SnapshotMismatch = RecurrentMemory.SnapshotMismatch

  /// The content. No window may be pending.
  fileprivate var snapshot: Snapshot {
    var tensors: [String: Tensor] = [:]
    for (name, state) in zip(zeroState.names, states) { tensors["state/\(name)"] = state }
    for (layer, influence) in influences.enumerated() {
      for (kind, arrays) in influence.arrays {
        for (number, storage) in arrays.enumerated() {
          tensors["\(kind)/\(layer)/\(number)"] = Tensor(
            storage: storage.copy(0..<storage.count), shape: [storage.count])
        }
      }
    }
    if let history {
      tensors["history/input"] = history.input
      for (name, mark) in [("valid", history.marks.validity), ("resets", history.marks.resets)] {
        tensors["history/\(name)"] = mark.map {
          Tensor(storage: $0, shape: [history.steps, batch])
        }
      }
      for (name, state) in zip(zeroState.names, history.states) {
        tensors["history/state/\(name)"] = state
      }
    }
    return Snapshot(
      tensors: tensors,
      details: RecurrentMemory.Details(
        isAtStart: isAtStart, historyStarts: history?.isStart,
        draws: influences.map(\.signCount)))
  }

  fileprivate func take(_ snapshot: Snapshot) throws(SnapshotMismatch) {
    finishPendingWindow()
    let (details, tensors) = (snapshot.details, snapshot.tensors)
    try check("samples", details.isAtStart.count == batch, batch, details.isAtStart.count)
    let (layers, count) = (influences.count, details.draws.count)
    try check("layers", count == layers, layers, count)
    try check("draws", details.draws.allSatisfy { $0 >= 0 }, "counts", details.draws)
    var restored: [Tensor] = []
    for (name, zero) in zip(zeroState.names, zeroState.tensors) {
      restored.append(try tensors.tensor("state/\(name)", zero.shape))
    }
    var memories: [(storage: Storage, content: Tensor)] = []
    for (layer, influence) in influences.enumerated() {
      for (kind, arrays) in influence.arrays {
        for (number, storage) in arrays.enumerated() {
          let (name, shape) = ("\(kind)/\(layer)/\(number)", [storage.count])
          let isMissing = kind == .deferred && tensors[name] == nil
          memories.append(
            (storage, isMissing ? Tensor(zeros: shape) : try tensors.tensor(name, shape)))
        }
      }
    }
    history = try history(in: snapshot)
    states = restored
    isAtStart = details.isAtStart
    for layer in influences.indices { influences[layer].signCount = details.draws[layer] }
    for (storage, content) in memories { storage.copy(0..<storage.count, of: content.storage) }
  }

  private func history(in snapshot: Snapshot) throws(SnapshotMismatch) -> TruncatedHistory? {
    guard let starts = snapshot.details.historyStarts else { return nil }
    try check("samples of the history", starts.count == batch, batch, starts.count)
    var states: [Tensor] = []
    for (name, zero) in zip(zeroState.names, zeroState.tensors) {
      states.append(try snapshot.tensors.tensor("history/state/\(name)", zero.shape))
    }
    var history = TruncatedHistory(states: states, isStart: starts)
    guard let input = snapshot.tensors["history/input"] else { return history }
    let shape = input.shape
    try check(
      "history/input",
      shape.count == 3 && shape[1 - timeAxis] == batch && shape[2] == inputSize,
      "steps of \(batch) samples of \(inputSize) units", shape)
    (history.input, history.steps) = (input, shape[timeAxis])
    func mark(_ name: String) throws(SnapshotMismatch) -> Storage? {
      guard snapshot.tensors[name] != nil else { return nil }
      return try snapshot.tensors.tensor(name, [history.steps, batch]).detached().storage
    }
    history.marks = StepMarks(
      validity: try mark("history/valid"), resets: try mark("history/resets"))
    return history
  }

  private func check(
    _ name: String, _ holds: Bool, _ expected: some Any, _ found: some Any
  ) throws(SnapshotMismatch) {
    if !holds { throw SnapshotMismatch(name: name, expected: "\(expected)", found: "\(found)") }
  }
}

/// A kind of an influence's arrays, as it begins their names.
private enum ArrayKind: String, CustomStringConvertible {
  case influence, deferred

  var description: String { rawValue }
}

extension Influence {
  fileprivate var arrays: [(ArrayKind, [Storage])] {
    [(.influence, savedArrays), (.deferred, deferredArrays)]
  }
}

extension [String: Tensor] {
  fileprivate func tensor(
    _ name: String, _ shape: [Int]
  ) throws(RecurrentMemory.SnapshotMismatch) -> Tensor {
    guard let tensor = self[name] else {
      throw .init(name: name, expected: "an array", found: "none")
    }
    guard tensor.shape == shape else {
      throw .init(name: name, expected: "the shape \(shape)", found: "\(tensor.shape)")
    }
    return tensor.detached()
  }
}
