import Requirements

/// What happened to the tracked tensors of one `valueAndGradient` call, in order, so that it can be
/// walked back.
///
/// Every tracked tensor has a *slot* on its tape. An entry says which slots an operation read
/// (its inputs) and wrote (its outputs), and how cotangents go from the outputs to the inputs. When
/// the call ends the tape is closed: its tensors, wherever they went, count as untracked from then
/// on. Threads may record at the same time; entries stand in the order in which they came.
final class Tape: Sendable {
  /// A tensor's place on a tape.
  struct Node: Sendable {
    let tape: Tape
    let slot: Int
  }

  enum Pullback {
    /// Of an operation with one output: adds what the output's cotangent gives to the inputs'.
    case single((_ output: Tensor, _ inputs: inout Cotangents) -> Void)
    /// Of an operation with several outputs: gets each one's cotangent, nil for zero.
    case several((_ outputs: [Tensor?], _ inputs: inout Cotangents) -> Void)
  }

  struct Entry {
    let inputs: [Int]
    let outputs: Range<Int>
    let pullback: Pullback
  }

  private struct Recording {
    var entries: [Entry] = []
    var slotCount = 0
    var isOpen = true
  }

  private let recording = Guarded(Recording())

  var isOpen: Bool { recording.withLock { $0.isOpen } }

  /// A copy of a tensor that this tape follows from now on.
  func track(_ tensor: Tensor) -> Tensor {
    var tracked = tensor
    let slot = recording.withLock { recording in
      recording.slotCount += 1
      return recording.slotCount - 1
    }
    tracked.node = Node(tape: self, slot: slot)
    return tracked
  }

  /// The tensor's slot, if this tape follows it.
  func slot(of tensor: Tensor) -> Int? {
    guard let node = tensor.node, node.tape === self else { return nil }
    return node.slot
  }

  /// Notes an operation and returns its outputs, tracked.
  func record(_ outputs: [Tensor], inputs: [Tensor], pullback: Pullback) -> [Tensor] {
    let slots = inputs.map { slot(of: $0) ?? Cotangents.unwanted }
    let first: Int? = recording.withLock { recording in
      guard recording.isOpen else { return nil }
      let first = recording.slotCount
      recording.slotCount += outputs.count
      recording.entries.append(
        Entry(inputs: slots, outputs: first..<recording.slotCount, pullback: pullback))
      return first
    }
    guard let first else { return outputs }
    var tracked = outputs
    for index in tracked.indices {
      tracked[index].node = Node(tape: self, slot: first + index)
    }
    return tracked
  }

  /// Ends the recording and forgets the entries.
  func close() { _ = closed() }

  /// Ends the recording; returns the entries, which the tape forgets, and the number of slots.
  private func closed() -> (entries: [Entry], slotCount: Int) {
    recording.withLock { recording in
      defer {
        recording.isOpen = false
        recording.entries = []
      }
      return (recording.entries, recording.slotCount)
    }
  }

  /// Closes the tape and walks it back from a scalar; returns every slot's cotangent that is asked for.
  func cotangents(of value: Tensor, at leaves: [Int]) -> [Tensor?] {
    var (entries, slotCount) = closed()
    guard let slot = slot(of: value) else { return leaves.map { _ in nil } }
    var cotangents = Cotangents(slotCount: slotCount)
    cotangents.seed(slot, with: Tensor(ones: value.shape))
    while let entry = entries.popLast() {
      cotangents.pull(entry)
    }
    return leaves.map { cotangents.value(of: $0) }
  }
}

extension Tape {
  /// The tape that follows the tensor, if one does.
  @inline(__always)
  static func following(_ tensor: Tensor) -> Tape? {
    guard let tape = tensor.node?.tape, tape.isOpen else { return nil }
    return tape
  }

  /// The tape that follows any of the tensors. They must not belong to two tapes.
  static func following(_ a: Tensor, _ b: Tensor) -> Tape? {
    guard let first = following(a) else { return following(b) }
    if let second = following(b) { requireSame(first, second) }
    return first
  }

  static func following(_ tensors: [Tensor]) -> Tape? {
    var found: Tape?
    for tensor in tensors {
      guard let tape = tensor.node?.tape, tape !== found, tape.isOpen else { continue }
      if let found { requireSame(found, tape) }
      found = tape
    }
    return found
  }

  private static func requireSame(_ a: Tape, _ b: Tape) {
    require(
      a === b,
      "tensors of two valueAndGradient calls meet in one operation; detach() the outer call's")
  }
}
