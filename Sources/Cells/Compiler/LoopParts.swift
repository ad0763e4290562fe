import TensorCore

/// A loop's steps in parts that go through some steps of time one after the other.
///
/// Where nothing is handed from one step of time to the next, a part is one step of the loop, done for all rows of a
/// chunk at once. What states, or memory for a single step, connect in a circle is a part that goes from step to step.
final class LoopParts: Sendable {
  final class Part: Sendable {
    let list: [Step]
    /// The places of its first step.
    let places: [Place]
    let steps: StepSequence
    /// Whether it goes from step to step.
    let isCarried: Bool
    /// The heads that go through a chunk one after the other, where they don't depend on each other: `steps` are those of
    /// the first.
    let heads: Int?
    /// The matrices that each head writes and reads within a step, in memory that all may share.
    let scratch: [Int]
    /// Whether the order of the heads matters, since they add to the same sums.
    let isOrdered: Bool
    /// Where it is a recurrence of a matrix whose steps can be taken together.
    let recurrence: MatrixRecurrence?

    /// A part of some steps, head by head where it goes from step to step and its heads don't depend on each other.
    ///
    /// - Parameter matrices: the areas whose values are read in the step that writes them.
    fileprivate init(
      _ list: [Step], isCarried: Bool, matrices: Set<Int>, memory: @escaping (Int) -> Int
    ) {
      (self.list, places, self.isCarried) = (list, list[0].places, isCarried)
      let ordered = list.withMatricesTogether(memory: memory)
      recurrence =
        isCarried ? MatrixRecurrence(ordered, scratch: matrices, memory: memory) : nil
      guard isCarried, let (head, heads) = ordered.inHeads(scratch: matrices, memory: memory) else {
        steps = StepSequence(ordered, memory: memory)
        (self.heads, scratch, isOrdered) = (nil, [], isCarried)
        return
      }
      steps = StepSequence(head.steps, memory: memory, head: head, scratch: matrices)
      self.heads = heads
      scratch = matrices.filter { area in list.contains { $0.uses(area) } }
      isOrdered = head.adds.contains(true)
    }
  }

  /// In the order in which they run.
  let parts: [Part]
  /// By part, whether threads that share a sample wait for each other before it.
  let meetings: [Bool]
  /// The buffers with a row for each step of a chunk.
  let rows: [Int]
  /// The states with a row for each step of a chunk, where the pass keeps two steps of them.
  let states: [Int]

  /// The steps of time of a chunk, at most: as many as go in products at once.
  static let chunk = MatrixRecurrence.mostSteps
  /// Buffers of this width and more are not kept at every step of a chunk.
  static let wide = 1024

  /// - Parameters:
  ///   - buffers: those that the steps name.
  ///   - scratch: the buffers whose values are read in the step that writes them.
  ///   - memory: a number of each buffer that is equal for those that share memory.
  init(
    _ list: [Step], _ buffers: [Schedule.Buffer], scratch: Set<Int>,
    memory: @escaping (Int) -> Int
  ) {
    let used = Set(list.flatMap(\.places).map(\.area)).sorted()
    rows = used.filter { scratch.contains($0) && buffers[$0].width < Self.wide }
    let written = Set(list.flatMap(\.written).map(\.area))
    states = used.filter {
      buffers[$0].isState && buffers[$0].width < Self.wide && written.contains($0)
    }
    let byTurns = Set(
      used.filter {
        (scratch.contains($0) || buffers[$0].isState) && buffers[$0].width >= Self.wide
      })
    let order = StepOrder(list, byTurns: byTurns, memory: memory)
    parts = order.circles.map { members in
      let steps = members.map { list[$0] }
      let isCarried =
        members.count > 1 || order.following[members[0]].contains(members[0])
        || steps[0].places.contains { byTurns.contains($0.area) } || steps[0].isOfParameters
      return Part(
        steps, isCarried: isCarried, matrices: byTurns.intersection(scratch), memory: memory)
    }
    meetings = parts.indices.map { [parts] index in
      guard index > 0, !parts[index].isCarried, !parts[index - 1].isCarried else { return true }
      // A thread reads what it wrote itself, unless that is of another step.
      return parts[index].list.contains { $0.places.contains { $0.slot != .current } }
    }
  }
}

extension Schedule.Buffer {
  fileprivate var isState: Bool { if case .state = kind { true } else { false } }
}

extension Step {
  /// Whether it works on matrices of parameters, whatever the rows of a block.
  fileprivate var isOfParameters: Bool {
    switch self {
    case .transpose, .identity: true
    default: false
    }
  }
}

/// Which of a loop's steps have to follow which.
private struct StepOrder {
  /// For each step, those that can't come before it: of the same step of time, and of the next.
  private(set) var following: [Set<Int>]

  init(_ list: [Step], byTurns: Set<Int>, memory: (Int) -> Int) {
    following = list.map { _ in [] }
    for (index, step) in list.enumerated() {
      for (other, later) in list.enumerated() {
        if index < other, step.conflicts(with: later, memory) { following[index].insert(other) }
        let isHandedOn = step.written.contains { place in
          later.places.contains { $0.slot == .previous && $0.mayHold(place, memory) }
        }
        let sharesMemory = index != other && step.shares(byTurns, with: later)
        if isHandedOn || sharesMemory { following[index].insert(other) }
      }
    }
  }

  /// The steps that lead to each other, or one that is in no circle: each after those that it follows, else in order.
  var circles: [[Int]] {
    let reached = following.indices.map { reachable(from: $0) }
    var circles: [[Int]] = []
    var circle = following.map { _ in -1 }
    for index in following.indices where circle[index] < 0 {
      let others = reached[index].filter { reached[$0].contains(index) }
      let members = others.union([index]).sorted()
      for member in members { circle[member] = circles.count }
      circles.append(members)
    }
    var earlier = circles.map { _ in Set<Int>() }
    for (index, later) in following.enumerated() {
      for other in later where circle[other] != circle[index] {
        earlier[circle[other]].insert(circle[index])
      }
    }
    var order: [[Int]] = []
    var pending = Array(circles.indices)
    while let next = pending.firstIndex(where: { earlier[$0].isDisjoint(with: pending) }) {
      order.append(circles[pending.remove(at: next)])
    }
    return order
  }

  private func reachable(from start: Int) -> Set<Int> {
    var found = Set<Int>()
    var pending = Array(following[start])
    while let next = pending.popLast() {
      if found.insert(next).inserted { pending += following[next] }
    }
    return found
  }
}

extension Step {
  /// Whether both use one of some buffers, and one of them writes it.
  fileprivate func shares(_ buffers: Set<Int>, with other: Step) -> Bool {
    func areas(_ places: [Place]) -> Set<Int> { buffers.intersection(places.map(\.area)) }
    return !areas(written).isDisjoint(with: areas(other.places))
      || !areas(places).isDisjoint(with: areas(other.written))
  }
}

extension Place {
  /// Whether a state's value before a step may be what an earlier step wrote to a place.
  fileprivate func mayHold(_ written: Place, _ memory: (Int) -> Int) -> Bool {
    area == written.area ? sharesUnits(with: written) : memory(area) == memory(written.area)
  }
}
