/// When each node of a recurrence is computed: once, for all steps at once, or step by step.
///
/// The time loops follow one another, each after work that is done for all its steps at once. Most recurrences
/// have one loop; ``Recurrence/loopsOfStates()`` says when there are more.
struct Stage: Hashable, Comparable, Sendable {
  private let order: Int

  /// Once a pass, from the parameters alone.
  static let parameters = Stage(order: 0)
  /// For all steps at once, before a loop; before the loop that would follow the last one is after the last.
  static func before(_ loop: Int) -> Stage { Stage(order: 1 + 2 * loop) }
  /// Step by step.
  static func loop(_ number: Int) -> Stage { Stage(order: 2 + 2 * number) }
  /// From the sums over all samples and steps.
  static let gathering = Stage(order: .max)

  /// The number of the loop; nil outside of loops.
  var loop: Int? { order > 0 && order % 2 == 0 ? order / 2 - 1 : nil }

  /// The loop that follows this stage of work for all steps; nil in loops and where none does.
  var following: Int? { order % 2 == 1 && self != .gathering ? (order - 1) / 2 : nil }

  static func < (a: Stage, b: Stage) -> Bool { a.order < b.order }
}

extension Recurrence {
  /// The stage of each node, by what it depends on and who needs it.
  ///
  /// Work that does not feed the next step leaves the loop if it is a product, which is faster over all
  /// steps at once; elementwise work stays in the loop, where it is fused with its neighbours.
  func stages() -> [NodeID: Stage] {
    let needed = graph.reachable(from: roots)
    let reads = statesRead()
    let loopsOfStates = loopsOfStates(reads)
    let loops = Self.nodeLoops(reads, loopsOfStates)
    let feedsUpdates = feedingNodes(loopsOfStates)
    var stages: [NodeID: Stage] = [:]
    for id in needed {
      let node = graph[id]
      switch node.dependence {
      case .parameters: stages[id] = .parameters
      case .input: stages[id] = .before(0)
      case .gathered: stages[id] = .gathering
      case .state:
        let loop = loops[id] ?? 0
        if feedsUpdates[loop][id] {
          stages[id] = .loop(loop)
          continue
        }
        let latest = node.operation.operands.compactMap { stages[$0] }.max() ?? .loop(loop)
        let isProduct = if case .affine = node.operation { true } else { false }
        stages[id] = max(latest, isProduct ? .before(loop + 1) : .loop(loop))
      }
    }
    moveIntoLoops(&stages, needed, loopsOfStates)
    return stages
  }

  /// Work that a single later loop alone reads, elementwise or along axes, moves into that loop: nothing of it
  /// has to be stored for all steps. A loop over matrices, whose chunks of steps stay in a cache, takes along what is
  /// read later too. So do sums over repeated units, such as a matrix's read, which would need the matrix of every step,
  /// and with them what they feed.
  private func moveIntoLoops(
    _ stages: inout [NodeID: Stage], _ needed: [NodeID], _ loops: [Int]
  ) {
    var consumers: [NodeID: [NodeID]] = [:]
    for id in needed {
      for operand in graph[id].operation.operands { consumers[operand, default: []].append(id) }
    }
    // With several loops, an update belongs to the loop of its state.
    let last = loops.max() ?? 0
    let fixed = last > 0 ? updates : []
    let results = Set(outputs + gathered + fixed)
    let heavy = sumsOfRepeatedUnits(needed)
    let loopsOverMatrices = loopsOverMatrices(stages, needed, loops)
    for id in needed.reversed() where !results.contains(id) {
      let node = graph[id]
      guard node.dependence == .input || node.dependence == .state || node.isWideSpread,
        let stage = stages[id],
        let readers = consumers[id], let first = readers.compactMap({ stages[$0] }).min()
      else { continue }
      let isReadInOneLoop =
        node.operation.isMovable && first.loop != nil
        && readers.allSatisfy { stages[$0] == first && graph[$0].operation.isWithinRows }
      if isReadInOneLoop {
        stages[id] = max(stage, first)
      } else if let isMultiplied = heavy[id] {
        stages[id] = max(
          stage, latestStage(of: id, isMultiplied: isMultiplied, before: first, last))
      } else if let loop = stage.following, loopsOverMatrices.contains(loop),
        first >= .loop(loop), node.operation.isWithinRows,
        readers.allSatisfy({ stages[$0] != .loop(loop) || graph[$0].operation.isWithinRows })
      {
        stages[id] = .loop(loop)
      }
    }
  }

  /// The loops that take the samples one by one: their states are matrices, and no product is left in them.
  private func loopsOverMatrices(
    _ stages: [NodeID: Stage], _ needed: [NodeID], _ loops: [Int]
  ) -> Set<Int> {
    let multiplying = needed.compactMap { id in
      if case .affine = graph[id].operation { stages[id]?.loop } else { nil }
    }
    let overMatrices = updates.indices.filter { state in
      let width = graph[updates[state]].columns
      return width >= LoopParts.wide
        && graph.reachable(from: [updates[state]]).contains { id in
          if case .spread = graph[id].operation { graph[id].columns == width } else { false }
        }
    }
    return Set(overMatrices.map { loops[$0] }).subtracting(multiplying)
  }

  /// The latest stage of a node whose readers come from a stage on: before a loop for a product and for what it
  /// feeds, else in one.
  private func latestStage(
    of id: NodeID, isMultiplied: Bool, before first: Stage, _ last: Int
  ) -> Stage {
    let following = min(first.loop ?? first.following ?? last + 1, last + 1)
    if case .affine = graph[id].operation { return .before(following) }
    if first.loop != nil { return first }
    return isMultiplied ? .before(following) : following > 0 ? .loop(following - 1) : .before(0)
  }

  /// The sums and maxima along axes of what has repeated units, and everything that depends on them: whether
  /// through a product.
  private func sumsOfRepeatedUnits(_ needed: [NodeID]) -> [NodeID: Bool] {
    var heavy: [NodeID: Bool] = [:]
    for id in needed where graph[id].dependence > .parameters {
      let operands = graph[id].operation.operands
      switch graph[id].operation {
      case .sumAlong(let a, _), .maximumAlong(let a, _):
        let isRepeated = graph[a].operation.operands.contains {
          if case .spread = graph[$0].operation { true } else { false }
        }
        if isRepeated { heavy[id] = false }
      default: break
      }
      let sources = operands.filter { heavy[$0] != nil }
      if sources.isEmpty { continue }
      let isProduct = if case .affine = graph[id].operation { true } else { false }
      heavy[id] = isProduct || sources.contains { heavy[$0] == true }
    }
    return heavy
  }

  // MARK: Loops

  /// The loop of each state.
  ///
  /// A state that depends on others' products, and on which they don't depend, has a loop of its own after
  /// theirs: the products between are done for all steps at once. So what follows a delayed input leaves the
  /// loop of the other states, and so do, backwards, the cotangents that lead to it.
  func loopsOfStates() -> [Int] { loopsOfStates(statesRead()) }

  private func loopsOfStates(_ reads: [NodeID: StatesRead]) -> [Int] {
    let count = updates.count
    var depends = updates.map { reads[$0]?.all ?? [] }
    for middle in 0..<count {
      for state in 0..<count where depends[state].contains(middle) {
        depends[state].formUnion(depends[middle])
      }
    }
    var loops = [Int](repeating: 0, count: count)
    var isStable = false
    while !isStable {
      isStable = true
      for state in 0..<count {
        let own = reads[updates[state]]
        for other in own?.all ?? [] where other != state {
          let isMutual = depends[other].contains(state)
          let isMultiplied = own?.multiplied.contains(other) ?? false
          let least = loops[other] + (!isMutual && isMultiplied ? 1 : 0)
          if loops[state] < least {
            loops[state] = least
            isStable = false
          }
        }
      }
    }
    return loops
  }

  /// For each node that depends on states, the last of their loops.
  func nodeLoops() -> [NodeID: Int] {
    let reads = statesRead()
    return Self.nodeLoops(reads, loopsOfStates(reads))
  }

  private static func nodeLoops(
    _ reads: [NodeID: StatesRead], _ loops: [Int]
  ) -> [NodeID: Int] {
    reads.compactMapValues { states in states.all.map { loops[$0] }.max() }
  }

  /// For each loop, whether the updates of its states read a node, by node.
  private func feedingNodes(_ loops: [Int]) -> [[Bool]] {
    (0...(loops.max() ?? 0)).map { loop in
      graph.isReached(from: updates.indices.filter { loops[$0] == loop }.map { updates[$0] })
    }
  }

  /// The states that a node depends on, and those of them that products stand between.
  private typealias StatesRead = (all: Set<Int>, multiplied: Set<Int>)

  private func statesRead() -> [NodeID: StatesRead] {
    var reads: [NodeID: StatesRead] = [:]
    for id in graph.reachable(from: roots) where graph[id].dependence > .input {
      if case .state(let index) = graph[id].operation {
        reads[id] = ([index], [])
        continue
      }
      var states: StatesRead = ([], [])
      for operand in graph[id].operation.operands {
        guard let more = reads[operand] else { continue }
        // Most nodes read one node that depends on states.
        if states.all.isEmpty {
          states = more
        } else {
          states.all.formUnion(more.all)
          states.multiplied.formUnion(more.multiplied)
        }
      }
      if case .affine(let terms, _) = graph[id].operation {
        for term in terms { states.multiplied.formUnion(reads[term.signal]?.all ?? []) }
      }
      if !states.all.isEmpty { reads[id] = states }
    }
    return reads
  }
}

extension Graph.Node {
  /// Whether it repeats units of parameters to a matrix, which is not to be written.
  fileprivate var isWideSpread: Bool {
    guard dependence == .parameters, case .spread = operation else { return false }
    return columns >= LoopParts.wide
  }
}

extension Operation {
  /// Whether it may be computed in a later loop than it could.
  fileprivate var isMovable: Bool {
    if case .spread = self { return true }
    return isElementwise
  }

  /// Whether it takes the rows of a step one by one.
  fileprivate var isWithinRows: Bool {
    switch self {
    case .sumAlong, .maximumAlong: true
    default: isMovable
    }
  }
}
