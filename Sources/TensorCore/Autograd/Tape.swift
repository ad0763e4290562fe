import Requirements

/// The operations on the tracked tensors of one `valueAndGradient` call, in order, for the backward pass.
///
/// Every tracked tensor has a *slot* on its tape. An entry holds the slots of an operation's inputs and outputs,
/// and its pullback, from the outputs' cotangents to the inputs'. The tape is closed when the call ends; its
/// tensors count as untracked from then on. Threads may record at the same time; entries stand in the order in
/// which they were recorded.
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

  /// A copy of a tensor that this tape tracks.
  func track(_ tensor: Tensor) -> Tensor {
    var tracked = tensor
    let slot = recording.withLock { recording in
      recording.slotCount += 1
      return recording.slotCount - 1
    }
    tracked.node = Node(tape: self, slot: slot)
    return tracked
  }

  /// The tensor's slot, if this tape tracks it.
  func slot(of tensor: Tensor) -> Int? {
    guard let node = tensor.node, node.tape === self else { return nil }
    return node.slot
  }

  /// Records an operation and returns its outputs, tracked.
  func record(
    _ outputs: [Tensor], inputs: some Sequence<Tensor>, pullback: Pullback
  ) -> [Tensor] {
    let slots = inputs.map { slot(of: $0) ?? Cotangents.untracked }
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

  /// Ends the recording and releases the entries.
  func close() { _ = closed() }

  /// Ends the recording; returns the entries, which the tape releases, and the number of slots.
  private func closed() -> (entries: [Entry], slotCount: Int) {
    recording.withLock { recording in
      defer {
        recording.isOpen = false
        recording.entries = []
      }
      return (recording.entries, recording.slotCount)
    }
  }

  /// Closes the tape and runs the backward pass from a scalar; returns the cotangents of the slots `leaves`.
  ///
  /// - Parameter finish: called with the position of a leaf and its cotangent as soon as no further entry adds to it,
  ///   nil for zero: leaves that were read last come first.
  func cotangents(
    of value: Tensor, at leaves: [Int],
    finish: ((_ leaf: Int, _ cotangent: Tensor?) -> Void)? = nil
  ) -> [Tensor?] {
    var (entries, slotCount) = closed()
    guard let slot = slot(of: value) else {
      for position in leaves.indices { finish?(position, nil) }
      return leaves.map { _ in nil }
    }
    var cotangents = Cotangents(slotCount: slotCount)
    cotangents.seed(slot, with: Tensor(ones: value.shape))
    cotangents.finished = finish
    var readers = finish == nil ? [] : Self.firstReaders(of: leaves, in: entries)
    while let entry = entries.popLast() {
      cotangents.due = readers.popLast() ?? [:]
      cotangents.pull(entry)
      cotangents.finishAll()
    }
    cotangents.due = readers.popLast() ?? [:]
    cotangents.finishAll()
    return leaves.map { cotangents.value(of: $0) }
  }

  /// For each entry the leaves that no earlier entry reads, by slot: their cotangents are complete after it. First come
  /// those that no entry reads.
  private static func firstReaders(of leaves: [Int], in entries: [Entry]) -> [[Int: Int]] {
    var result = Array(repeating: [Int: Int](), count: entries.count + 1)
    var waiting: [Int: Int] = [:]
    for (leaf, slot) in leaves.enumerated() { waiting[slot] = leaf }
    for (index, entry) in entries.enumerated() where !waiting.isEmpty {
      for slot in entry.inputs {
        if let leaf = waiting.removeValue(forKey: slot) { result[index + 1][slot] = leaf }
      }
    }
    result[0] = waiting
    return result
  }
}

extension Tape {
  /// The open tape that tracks the tensor, if there is one.
  @inline(__always)
  static func tracking(_ tensor: Tensor) -> Tape? {
    guard let tape = tensor.node?.tape, tape.isOpen else { return nil }
    return tape
  }

  /// The open tape that tracks any of the tensors, which must not belong to two tapes.
  static func tracking(_ a: Tensor, _ b: Tensor) -> Tape? {
    guard let first = tracking(a) else { return tracking(b) }
    if let second = tracking(b) { requireSame(first, second) }
    return first
  }

  static func tracking(_ tensors: some Sequence<Tensor>) -> Tape? {
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
      "an operation on tensors that two valueAndGradient calls track: detach() the outer call's")
  }
}
