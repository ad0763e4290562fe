/// The cotangents on the way back: for each slot of a tape, the derivative of the loss with respect
/// to that slot's tensor, as far as it has been added up.
struct Cotangents {
  /// Stands for the slot of an input that the tape does not follow.
  static let unwanted = -1

  private var values: [Tensor?]
  private var inputs: [Int] = []

  init(slotCount: Int) {
    values = Array(repeating: nil, count: slotCount)
  }

  /// The cotangent of a slot; nil stands for zero.
  func value(of slot: Int) -> Tensor? { values[slot] }

  mutating func seed(_ slot: Int, with cotangent: Tensor) {
    values[slot] = cotangent
  }

  /// Takes the cotangents of an entry's outputs and adds to those of its inputs.
  mutating func pull(_ entry: Tape.Entry) {
    guard entry.outputs.contains(where: { values[$0] != nil }) else { return }
    inputs = entry.inputs
    switch entry.pullback {
    case .single(let pullback):
      guard let output = take(entry.outputs.lowerBound) else { return }
      pullback(output, &self)
    case .several(let pullback):
      let contributions = pullback(entry.outputs.map { take($0) })
      require(
        contributions.count == inputs.count,
        "a pullback gave \(contributions.count) cotangents for \(inputs.count) inputs")
      for (index, contribution) in contributions.enumerated() {
        if let contribution { add(contribution, to: index) }
      }
    }
  }

  /// Whether the tape follows an input of the current entry: its cotangent is worth computing.
  func isWanted(_ input: Int) -> Bool { inputs[input] != Self.unwanted }

  /// Adds to the cotangent of an input of the current entry.
  mutating func add(_ contribution: Tensor, to input: Int) {
    guard isWanted(input) else { return }
    let slot = inputs[input]
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

  /// Adds to the cotangent of an input of the current entry in place. `body` gets the address of
  /// its elements, and whether they have values yet: if not it must write all of them.
  mutating func accumulate(
    to input: Int, shape: [Int], _ body: (UnsafeMutablePointer<Float>, _ hasValues: Bool) -> Void
  ) {
    guard isWanted(input) else { return }
    let slot = inputs[input]
    guard var sum = take(slot) else {
      values[slot] = Tensor(uninitialized: shape) { body($0, false) }
      return
    }
    sum.withUnsafeMutablePointer { body($0, true) }
    values[slot] = sum
  }

  /// Moves a slot's cotangent out, so that its memory has no second owner.
  private mutating func take(_ slot: Int) -> Tensor? {
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
      map(.add, into: storage.pointer, storage.pointer, other.storage.pointer, count: count)
    } else {
      let old = storage
      storage = Storage(count: count)
      map(.add, into: storage.pointer, old.pointer, other.storage.pointer, count: count)
    }
  }
}
