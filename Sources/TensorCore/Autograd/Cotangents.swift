import Requirements

/// The cotangents of a backward pass: for each slot of a tape, the derivative of the loss with respect to that
/// slot's tensor, as accumulated so far.
package struct Cotangents {
  /// The slot number of an input that the tape does not track.
  static let untracked = -1

  /// The leaves whose cotangents are complete after the current entry, by slot.
  var due: [Int: Int] = [:]
  /// What is called with each leaf whose cotangent is complete.
  var finished: ((_ leaf: Int, _ cotangent: Tensor?) -> Void)?

  private var values: [Tensor?]
  /// The slots of the inputs of all entries.
  private let slots: [Int]
  /// Those of the current entry, and the slots of its outputs.
  private var inputs = 0..<0
  private var outputs = 0..<0

  init(slotCount: Int, inputs: [Int]) {
    values = Array(repeating: nil, count: slotCount)
    slots = inputs
  }

  mutating func seed(_ slot: Int, with cotangent: Tensor) {
    values[slot] = cotangent
  }

  /// Takes the cotangents of an entry's outputs and adds to those of its inputs.
  mutating func pull(_ entry: Tape.Entry) {
    (inputs, outputs) = (entry.inputs, entry.outputs)
    switch entry.pullback {
    case .single(let pullback):
      guard let output = takeOutput(0) else { return }
      pullback(output, &self)
    case .several(let pullback):
      guard hasOutputs else { return }
      pullback(entry.outputs.map { take($0) }, &self)
    case .step(let steps, let number): steps.pullBack(number, &self)
    }
  }

  /// Whether any output of the current entry has a cotangent.
  package var hasOutputs: Bool { outputs.contains { values[$0] != nil } }

  /// Takes the cotangent of an output of the current entry; nil stands for zero.
  package mutating func takeOutput(_ output: Int) -> Tensor? { take(outputs.lowerBound + output) }

  private func slot(_ input: Int) -> Int { slots[inputs.lowerBound + input] }

  /// Whether the tape tracks an input of the current entry, so that its cotangent is needed.
  package func isTracked(_ input: Int) -> Bool { slot(input) != Self.untracked }

  /// Says that the current entry adds nothing more to the cotangent of an input.
  package mutating func finish(_ input: Int) {
    let slot = slot(input)
    guard let finished, let leaf = due.removeValue(forKey: slot) else { return }
    finished(leaf, values[slot])
  }

  /// Says that the current entry adds nothing more to any cotangent.
  mutating func finishAll() {
    guard let finished else { return }
    for (slot, leaf) in due.sorted(by: { $0.value < $1.value }) { finished(leaf, values[slot]) }
    due = [:]
  }

  /// Adds to the cotangent of each input of the current entry that has a contribution.
  package mutating func add(_ contributions: [Tensor?]) {
    require(
      contributions.count == inputs.count,
      "a pullback gave \(contributions.count) cotangents for \(inputs.count) inputs")
    for (index, contribution) in contributions.enumerated() {
      if let contribution { add(contribution, to: index) }
    }
  }

  /// Adds to the cotangent of an input of the current entry.
  package mutating func add(_ contribution: Tensor, to input: Int) {
    guard isTracked(input) else { return }
    let slot = slot(input)
    guard var sum = take(slot) else {
      values[slot] = contribution.detached()
      return
    }
    require(
      sum.shape == contribution.shape,
      "cotangents of shapes \(sum.shape) and \(contribution.shape) for one tensor")
    sum.accumulate(contribution)
    values[slot] = sum
  }

  /// Adds to the cotangent of an input of the current entry in place. `body` gets its elements, and whether they
  /// have values yet: if not it must write all of them.
  mutating func accumulate(
    to input: Int, shape: [Int], _ body: (_ sum: Floats, _ hasValues: Bool) -> Void
  ) {
    if let (sum, hasValues) = writable(input, shape: shape) { body(sum, hasValues) }
  }

  /// The elements of the cotangent of an input of the current entry, to be added to, and whether they have values yet: if
  /// not all of them are to be written. Nil for an input that the tape does not track.
  mutating func writable(_ input: Int, shape: [Int]) -> (sum: Floats, hasValues: Bool)? {
    guard isTracked(input) else { return nil }
    let slot = slot(input)
    guard var sum = take(slot) else {
      let sum = Tensor(uninitialized: shape)
      values[slot] = sum
      return (sum.elements, false)
    }
    let elements = sum.writableElements()
    values[slot] = sum
    return (elements, true)
  }

  /// Moves a slot's cotangent out, so that its memory has one owner and can be changed in place; nil stands for zero.
  mutating func take(_ slot: Int) -> Tensor? {
    var taken: Tensor?
    swap(&taken, &values[slot])
    return taken
  }
}

extension Tensor {
  /// Adds a tensor of the same shape, in place if the memory is not shared.
  fileprivate mutating func accumulate(_ other: Tensor) {
    let count = count
    if isKnownUniquelyReferenced(&storage) {
      storage.willChange()
      map(.add, into: elements, elements, other.elements, count: count)
    } else {
      let old = storage
      storage = Storage(count: count)
      map(.add, into: elements, Floats(old), other.elements, count: count)
    }
  }
}
