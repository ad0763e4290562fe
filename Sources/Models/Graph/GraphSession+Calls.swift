public import Checkpoint
public import FileCore

extension GraphSession {
  /// Computes one call, or one for each element of the first axis.
  ///
  /// If every input but the states has one axis more than the model declares, its first axis is that of the calls: the
  /// states are carried from one to the next, each output gets the same axis, and new states are those after the last
  /// call. Otherwise this is ``run(_:)``.
  ///
  /// - Throws: `CheckpointError` that names the input or the node.
  public mutating func runAll(
    _ arrays: ExactDictionary<StoredArray>
  ) throws(CheckpointError) -> ExactDictionary<StoredArray> {
    guard let count = try calls(arrays) else { return try run(arrays) }
    var collected = ExactDictionary<(first: StoredArray, bytes: [UInt8])>()
    for index in 0..<count {
      var call = ExactDictionary<StoredArray>()
      for (name, array) in arrays {
        if !isState(name) {
          call[name] = array.element(index)
        } else if index == 0 {
          call[name] = array
        }
      }
      for (name, array) in try run(call) {
        guard let known = collected[name], !isNewState(name) else {
          collected[name] = (array, array.bytes)
          continue
        }
        guard known.first.shape == array.shape else {
          throw model.failure(
            "output \(name)",
            "expected shape \(known.first.shape) in every call, found \(array.shape)")
        }
        collected[name]?.bytes += array.bytes
      }
    }
    return collected.mapValues { first, bytes in
      let width = max(1, first.bytes.count)
      guard bytes.count != first.bytes.count || count == 1 else { return first }
      return StoredArray(
        elementType: first.elementType,
        shape: bytes.isEmpty ? [count] + first.shape : [bytes.count / width] + first.shape,
        bytes: bytes)
    }
  }

  /// The number of calls; nil if the arrays are those of one call.
  private func calls(_ arrays: ExactDictionary<StoredArray>) throws(CheckpointError) -> Int? {
    var count: Int?
    for input in model.inputs where !isState(input.name) {
      guard let shape = input.shape, let array = arrays[input.name] else { return nil }
      guard array.shape.count == shape.count + 1 else { return nil }
      guard count ?? array.shape[0] == array.shape[0] else {
        throw model.failure(
          "input \(input.name)", "expected \(count ?? 0) calls, found \(array.shape[0])")
      }
      count = array.shape[0]
    }
    if count == 0 { throw model.failure("inputs", "expected one call or more, found none") }
    return count
  }

  /// Whether an input is a state.
  public func isState(_ input: String) -> Bool {
    model.states.contains { ExactString($0.input) == ExactString(input) }
  }

  /// Whether an output is the new value of a state.
  public func isNewState(_ output: String) -> Bool {
    model.states.contains { ExactString($0.output) == ExactString(output) }
  }
}

extension StoredArray {
  /// An element along the first axis.
  fileprivate func element(_ index: Int) -> StoredArray {
    let size = bytes.count / shape[0]
    return StoredArray(
      elementType: elementType, shape: Array(shape.dropFirst()),
      bytes: Array(bytes[index * size..<(index + 1) * size]))
  }
}
