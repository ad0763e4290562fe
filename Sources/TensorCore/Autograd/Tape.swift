import Requirements
import Synchronization

/// Operations that are recorded one after the other and share their memory: each is known by its number.
package protocol RecordedSteps: AnyObject, Sendable {
  /// Adds to the cotangents of a step's inputs what those of its outputs give.
  func pullBack(_ step: Int, _ cotangents: inout Cotangents)
}

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
    /// Of a step, called whether its outputs have cotangents or not.
    case step(any RecordedSteps, Int)
  }

  struct Entry {
    /// The positions of its inputs among those of all entries.
    let inputs: Range<Int>
    let outputs: Range<Int>
    let pullback: Pullback
  }

  private struct Recording {
    var entries: [Entry] = []
    /// The slots of the inputs of all entries.
    var inputs: [Int] = []
    var slotCount = 0
    var isOpen = true

    init() {
      // Enough for a model of a few layers.
      entries.reserveCapacity(8)
      inputs.reserveCapacity(32)
    }
  }

  private let recording = Guarded(Recording())
  /// The recording's, to be read without its lock.
  private let open = Atomic(true)

  var isOpen: Bool { open.load(ordering: .relaxed) }

  /// Tracks a tensor from now on; returns its slot.
  @discardableResult
  func track(_ tensor: inout Tensor) -> Int {
    let slot = recording.withLock { recording in
      recording.slotCount += 1
      return recording.slotCount - 1
    }
    tensor.node = Node(tape: self, slot: slot)
    return slot
  }

  /// Copies of tensors that this tape tracks.
  func tracking(copiesOf tensors: [Tensor]) -> [Tensor] {
    var copies = tensors
    for index in copies.indices { track(&copies[index]) }
    return copies
  }

  /// The tensor's slot, if this tape tracks it.
  func slot(of tensor: Tensor) -> Int? {
    guard let node = tensor.node, node.tape === self else { return nil }
    return node.slot
  }

  /// The slot number of an input.
  private func number(_ input: Tensor) -> Int { slot(of: input) ?? Cotangents.untracked }

  /// Records an operation; returns the slot of its first output, nil if the tape is closed.
  @inline(__always)
  private func append(
    _ pullback: Pullback, outputs: Int, _ addInputs: (_ slots: inout [Int]) -> Void
  ) -> Int? {
    recording.withLock { recording in
      guard recording.isOpen else { return nil }
      let (input, output) = (recording.inputs.count, recording.slotCount)
      addInputs(&recording.inputs)
      recording.slotCount += outputs
      recording.entries.append(
        Entry(
          inputs: input..<recording.inputs.count, outputs: output..<recording.slotCount,
          pullback: pullback))
      return output
    }
  }

  /// Records an operation and returns its outputs, tracked.
  func record(_ outputs: [Tensor], inputs: [Tensor], pullback: Pullback) -> [Tensor] {
    let first = append(pullback, outputs: outputs.count) { add(inputs, to: &$0) }
    guard let first else { return outputs }
    var tracked = outputs
    for index in tracked.indices { tracked[index].node = Node(tape: self, slot: first + index) }
    return tracked
  }

  private func add(_ inputs: [Tensor], to slots: inout [Int]) {
    for index in inputs.indices { slots.append(number(inputs[index])) }
  }

  /// Records an operation of one input and one output; returns the output, tracked.
  func record(
    _ output: Tensor, _ input: Tensor,
    pullback: @escaping (_ output: Tensor, _ inputs: inout Cotangents) -> Void
  ) -> Tensor {
    tracked(output, append(.single(pullback), outputs: 1) { $0.append(number(input)) })
  }

  /// The same for two inputs, or three.
  func record(
    _ output: Tensor, _ a: Tensor, _ b: Tensor, _ c: Tensor? = nil,
    pullback: @escaping (_ output: Tensor, _ inputs: inout Cotangents) -> Void
  ) -> Tensor {
    let slot = append(.single(pullback), outputs: 1) {
      $0.append(number(a))
      $0.append(number(b))
      if let c { $0.append(number(c)) }
    }
    return tracked(output, slot)
  }

  /// Records an operation whose outputs become tracked, `first` and the others. Its inputs are numbered in order.
  func record(
    _ first: inout Tensor, _ others: inout [Tensor], as pullback: Pullback,
    inputs a: Tensor, _ b: Tensor?, _ moreInputs: [Tensor], _ groups: [[Tensor]] = []
  ) {
    let slot = append(pullback, outputs: 1 + others.count) {
      $0.append(number(a))
      if let b { $0.append(number(b)) }
      add(moreInputs, to: &$0)
      for group in groups.indices { add(groups[group], to: &$0) }
    }
    guard let slot else { return }
    first.node = Node(tape: self, slot: slot)
    for index in others.indices { others[index].node = Node(tape: self, slot: slot + 1 + index) }
  }

  private func tracked(_ output: Tensor, _ slot: Int?) -> Tensor {
    guard let slot else { return output }
    var tracked = output
    tracked.node = Node(tape: self, slot: slot)
    return tracked
  }

  /// Ends the recording and releases the entries.
  func close() { _ = closed() }

  /// Ends the recording; returns it, and releases its entries.
  private func closed() -> Recording {
    open.store(false, ordering: .relaxed)
    return recording.withLock { recording in
      let result = recording
      recording.isOpen = false
      (recording.entries, recording.inputs) = ([], [])
      return result
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
    var recording = closed()
    guard let slot = slot(of: value) else {
      for position in leaves.indices { finish?(position, nil) }
      return leaves.map { _ in nil }
    }
    var cotangents = Cotangents(slotCount: recording.slotCount, inputs: recording.inputs)
    cotangents.seed(slot, with: Tensor(ones: value.shape))
    cotangents.finished = finish
    var readers = finish == nil ? [] : Self.firstReaders(of: leaves, in: recording)
    while let entry = recording.entries.popLast() {
      cotangents.due = readers.popLast() ?? [:]
      cotangents.pull(entry)
      cotangents.finishAll()
    }
    cotangents.due = readers.popLast() ?? [:]
    cotangents.finishAll()
    return leaves.map { cotangents.take($0) }
  }

  /// For each entry the leaves that no earlier entry reads, by slot: their cotangents are complete after it. First come
  /// those that no entry reads.
  private static func firstReaders(of leaves: [Int], in recording: Recording) -> [[Int: Int]] {
    var result = Array(repeating: [Int: Int](), count: recording.entries.count + 1)
    var waiting: [Int: Int] = [:]
    for (leaf, slot) in leaves.enumerated() { waiting[slot] = leaf }
    for (index, entry) in recording.entries.enumerated() where !waiting.isEmpty {
      for slot in recording.inputs[entry.inputs] {
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
  static func tracking(_ a: Tensor, _ b: Tensor, _ c: Tensor? = nil) -> Tape? {
    var found = tracking(a)
    if let other = tracking(b) { found = same(found, other) }
    if let c, let other = tracking(c) { found = same(found, other) }
    return found
  }

  private static func same(_ found: Tape?, _ other: Tape) -> Tape {
    if let found { requireSame(found, other) }
    return other
  }

  static func tracking(_ tensors: [Tensor], and found: Tape? = nil) -> Tape? {
    var found = found
    for tensor in tensors.indices {
      guard let tape = tensors[tensor].node?.tape, tape !== found, tape.isOpen else { continue }
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
