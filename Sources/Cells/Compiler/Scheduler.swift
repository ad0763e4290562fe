import Requirements
import TensorCore

/// Turns an optimized recurrence into a schedule: gives every node a place, then orders the work.
struct Scheduler {
  let recurrence: Recurrence
  let stages: [NodeID: Stage]
  /// The loop of each state.
  let loops: [Int]
  let consumers: [NodeID: [NodeID]]
  let repeated: RepeatedUnits
  private let groups: ProgramGroups
  var schedule = Schedule()
  /// The place of each node's value.
  var places: [NodeID: Place] = [:]
  /// The other places that its value is copied to.
  var copies: [NodeID: [Place]] = [:]
  /// Results that depend on parameters alone, with the places that they are copied to.
  var late: [(id: NodeID, place: Place)] = []
  private var packings: [PackingKey: Int] = [:]

  private struct PackingKey: Hashable {
    var weight: NodeID
    var isTransposed: Bool
    var groups: Int
  }

  var graph: SimplifiedGraph { recurrence.graph }

  static func schedule(_ recurrence: Recurrence) -> Schedule {
    var scheduler = Scheduler(recurrence)
    scheduler.assignPlaces()
    scheduler.orderWork()
    return scheduler.schedule
  }

  private init(_ recurrence: Recurrence) {
    self.recurrence = recurrence
    stages = recurrence.stages()
    loops = recurrence.loopsOfStates()
    var consumers: [NodeID: [NodeID]] = [:]
    for id in stages.keys.sorted() {
      for operand in recurrence.graph[id].operation.operands {
        consumers[operand, default: []].append(id)
      }
    }
    self.consumers = consumers
    repeated = RepeatedUnits(recurrence, stages, consumers)
    groups = ProgramGroups(recurrence, stages, loops, repeated)
  }

  /// The signal that an affine node's products are added to, if there is one.
  func addend(_ id: NodeID) -> NodeID? {
    guard case .affine(_, let biases) = graph[id].operation else { return nil }
    return biases.first { graph[$0].dependence != .parameters }
  }

  /// The products of an affine node in a loop that can be done for all steps before its first.
  func hoistedTerms(_ id: NodeID) -> [ProductTerm] {
    guard case .affine(let terms, _) = graph[id].operation, let stage = stages[id],
      stage.loop != nil, addend(id) == nil
    else { return [] }
    return terms.filter { term in
      graph[term.signal].dependence > .parameters && !picksRow(term)
        && stages[term.signal].map { $0 < stage } ?? false
    }
  }

  /// Whether a product is a row of its matrix, which is copied where it is needed.
  private func picksRow(_ term: ProductTerm) -> Bool {
    if case .oneHot = graph[term.signal].operation { true } else { false }
  }

  // MARK: Order

  private mutating func orderWork() {
    let ordered = stages.keys.sorted()
    var done = Set<NodeID>()
    func nodes(_ stage: Stage) -> [NodeID] { ordered.filter { stages[$0] == stage } }
    schedule.parameterStage = steps(for: nodes(.parameters), &done)
    let last = loops.max() ?? 0
    var phases: [Schedule.Phase] = []
    for loop in 0...last {
      var phase = Schedule.Phase(before: steps(for: nodes(.before(loop)), &done))
      for id in nodes(.loop(loop)) where !hoistedTerms(id).isEmpty {
        phase.before += products(of: id, hoistedTerms(id), startingWithBias: true)
      }
      phase.loop = steps(for: nodes(.loop(loop)), &done) + updateCopies(loop)
      phases.append(phase)
    }
    (schedule.before, schedule.loop) = (phases[last].before, phases[last].loop)
    schedule.earlier = Array(phases.dropLast())
    schedule.after = steps(for: nodes(.before(last + 1)), &done)
    schedule.gathering = steps(for: nodes(.gathering), &done)
    for (id, place) in late {
      if case .gathered = schedule.buffers[place.area].kind {
        schedule.gathering.append(copyStep(id, into: place))
      } else {
        schedule.before.append(copyStep(id, into: place))
      }
    }
    schedule.kept = recurrence.kept.map(place)
    schedule.gatheredOuters = gatheredOuters
  }

  /// Lists the work of one stage: as much elementwise work as is ready, fused; then everything else
  /// that is ready; and again.
  private mutating func steps(for nodes: [NodeID], _ done: inout Set<NodeID>) -> [Step] {
    var steps: [Step] = []
    // A leaf is there from the start.
    done.formUnion(
      nodes.filter {
        graph[$0].operation.isLeaf && !graph[$0].operation.isWritten && copies[$0] == nil
      })
    var pending = nodes.filter { !done.contains($0) }
    while !pending.isEmpty {
      // Matrices wait until all else is computed, so that more of their nodes share a program.
      let (matrices, others) = (pending.filter(isOfMatrices), pending.filter { !isOfMatrices($0) })
      var group = readyElementwise(in: others, done)
      if group.isEmpty {
        let ready = pending.filter { id in
          !isFused(id)
            && graph[id].operation.operands.allSatisfy(done.contains)
        }
        for id in ready {
          steps += barrierSteps(id)
          done.insert(id)
        }
        if ready.isEmpty {
          group = readyElementwise(in: matrices, done)
          require(!group.isEmpty, "a graph's nodes stand after the nodes that they read")
        }
      }
      if !group.isEmpty { steps += fusedSteps(group) }
      done.formUnion(group)
      pending.removeAll(where: done.contains)
    }
    return steps
  }

  /// Whether it is computed element by element in a schedule of matrices, as wide as these.
  private func isOfMatrices(_ id: NodeID) -> Bool {
    !repeated.isEmpty && isFused(id) && graph[id].columns >= LoopParts.wide
  }

  /// The elementwise nodes of one shape that can be computed now, each after those that it reads.
  private func readyElementwise(in pending: [NodeID], _ done: Set<NodeID>) -> [NodeID] {
    var group: [NodeID] = []
    var members = Set<NodeID>()
    for id in pending where isFused(id) {
      if let first = group.first {
        guard graph[id].columns == graph[first].columns, graph[id].rows == graph[first].rows,
          groups.mayShare(id, first)
        else { continue }
      }
      let isReady = graph[id].operation.operands.allSatisfy { operand in
        done.contains(operand)
          || repeated.source(operand).map { done.contains($0.node) } ?? false
          || members.contains(operand) && graph[operand].columns == graph[id].columns
      }
      if isReady {
        group.append(id)
        members.insert(id)
      }
    }
    return group
  }

  /// Whether a node is computed element by element, together with its neighbours.
  func isFused(_ id: NodeID) -> Bool {
    graph[id].operation.isElementwise && !repeated.absorbed.contains(id)
  }

  private mutating func barrierSteps(_ id: NodeID) -> [Step] {
    if repeated.absorbed.contains(id) || repeated.unwritten.contains(id) { return [] }
    let place = place(id)
    var steps: [Step] = []
    if let sum = repeated.sums[id] {
      return [step(sum, into: place)] + (copies[id] ?? []).map { copyStep(id, into: $0) }
    }
    switch graph[id].operation {
    case .sequence, .state, .parameter, .table, .slice, .oneHot, .rows, .apply, .broadcast:
      break
    case .constant: steps = isReadFromMemory(id) ? [copyStep(id, into: place)] : []
    case .identity: steps = [.identity(into: place)]
    case .affine(let terms, _):
      let hoisted = hoistedTerms(id)
      let rest = terms.filter { !hoisted.contains($0) }
      steps = products(of: id, rest, startingWithBias: hoisted.isEmpty)
    case .concatenate(let parts): steps = copySteps(parts, into: place, .columns)
    case .stack(let parts): steps = copySteps(parts, into: place, .rows)
    case .sum(let a): steps = [.rowSum(self.place(a), into: place)]
    case .maximum(let a): steps = [.rowMaximum(self.place(a), into: place)]
    case .cumulativeSum(let a, let isReversed):
      steps = [.cumulativeSum(self.place(a), isReversed: isReversed, into: place)]
    case .spread(let a, let axis):
      steps = [.spread(self.place(a), inner: axis.inner, into: place)]
    case .sumAlong(let a, let axis):
      steps = [.sumAlong(self.place(a), inner: axis.inner, into: place)]
    case .maximumAlong(let a, let axis):
      steps = [.maximumAlong(self.place(a), inner: axis.inner, into: place)]
    case .transpose(let a): steps = [.transpose(self.place(a), into: place)]
    case .outer(let a, let b, let groups): addOuter(a, b, groups, into: place)
    case .total(let a): schedule.sums.append(.total(self.place(a), into: place))
    }
    return steps + (copies[id] ?? []).map { copyStep(id, into: $0) }
  }

  private func step(_ sum: RepeatedUnits.MatrixSum, into place: Place) -> Step {
    let (matrices, other) = (self.place(sum.matrices), self.place(sum.other))
    return switch sum.kind {
    case .weightedRows: .weightedRows(matrices, other, sum.tile, into: place)
    case .rowProducts:
      .rowProducts(matrices, other, sum.tile, areBothMatrices: false, into: place)
    case .productsOfMatrices:
      .rowProducts(matrices, other, sum.tile, areBothMatrices: true, into: place)
    }
  }

  private mutating func products(
    of id: NodeID, _ terms: [ProductTerm], startingWithBias: Bool
  ) -> [Step] {
    guard case .affine(_, let biases) = graph[id].operation else { return [] }
    let destination = place(id)
    let bias = biases.first { graph[$0].dependence == .parameters }
    if let addend = addend(id) {
      return addedProducts(terms, to: addend, bias, destination)
    }
    return terms.enumerated().flatMap { index, term in
      let starts = startingWithBias && index == 0
      return product(term, starts ? bias : nil, accumulates: !starts, into: destination)
    }
  }

  private mutating func product(
    _ term: ProductTerm, _ bias: NodeID?, accumulates: Bool, into destination: Place
  ) -> [Step] {
    if picksRow(term) {
      let pick = Step.pickedRows(
        place(term.signal), of: place(term.weight), accumulates: accumulates || bias != nil,
        into: destination)
      return (bias.map { [copyStep($0, into: destination)] } ?? []) + [pick]
    }
    let product = Step.Product(
      place(term.signal), weight: packing(of: term), groups: term.groups, bias: bias.map(place),
      accumulates: accumulates, into: destination)
    return [.product(product)]
  }

  /// The sum of an outer product over all samples and steps: one for each group of units.
  private mutating func addOuter(_ a: NodeID, _ b: NodeID, _ groups: Int, into place: Place) {
    if case .oneHot = graph[a].operation {
      schedule.sums.append(.byRow(self.place(a), self.place(b), into: place))
      return
    }
    func part(_ whole: Place, _ group: Int) -> Place {
      var part = whole
      part.columns /= groups
      part.offset += group * part.columns
      return part
    }
    for group in 0..<groups {
      var target = place
      target.rows /= groups
      target.offset += group * target.rows * schedule.buffers[place.area].width
      schedule.sums.append(
        .outer(part(self.place(a), group), part(self.place(b), group), into: target))
    }
  }

  /// Products that are added to a signal which is already where they go, or is copied there.
  private mutating func addedProducts(
    _ terms: [ProductTerm], to addend: NodeID, _ bias: NodeID?, _ destination: Place
  ) -> [Step] {
    let start = places[addend] == destination ? [] : [copyStep(addend, into: destination)]
    return start
      + terms.enumerated().flatMap { index, term in
        product(term, index == 0 ? bias : nil, accumulates: true, into: destination)
      }
  }

  /// The number of a weight's packed form; those of several groups follow each other.
  private mutating func packing(of term: ProductTerm) -> Int {
    let key = PackingKey(
      weight: term.weight, isTransposed: term.isTransposed, groups: term.groups)
    if let known = packings[key] { return known }
    let weight = graph[term.weight]
    let rows = weight.rows / term.groups
    let (n, k) = term.isTransposed ? (weight.columns, rows) : (rows, weight.columns)
    packings[key] = schedule.packings.count
    let whole = place(term.weight)
    for group in 0..<term.groups {
      var matrix = whole
      matrix.rows = rows
      matrix.offset += group * rows * schedule.buffers[whole.area].width
      schedule.packings.append(
        Schedule.Packing(matrix: matrix, isTransposed: term.isTransposed, n: n, k: k))
    }
    return schedule.packings.count - term.groups
  }

  /// Whether a constant is more than a number in a program.
  private func isReadFromMemory(_ id: NodeID) -> Bool {
    (consumers[id] ?? []).contains { consumer in
      switch graph[consumer].operation {
      case .apply, .broadcast, .concatenate, .stack: false
      default: true
      }
    }
  }

  // MARK: Copies

  /// Brings parts that could not be computed in place to where they belong.
  private mutating func copySteps(
    _ parts: [NodeID], into place: Place, _ joint: Joint
  ) -> [Step] {
    var steps: [Step] = []
    var start = 0
    for part in parts {
      let target = subplace(of: place, part: part, at: start, joint)
      let isThere = places[part] == target || copies[part]?.contains(target) == true
      if !isThere { steps.append(copyStep(part, into: target)) }
      start += joint == .rows ? graph[part].rows : graph[part].columns
    }
    return steps
  }

  private mutating func updateCopies(_ loop: Int) -> [Step] {
    var steps: [Step] = []
    for (index, update) in recurrence.updates.enumerated() where loops[index] == loop {
      let target = statePlace(index, .next)
      let isThere = places[update] == target || copies[update]?.contains(target) == true
      if !isThere { steps.append(copyStep(update, into: target)) }
    }
    return steps
  }
}
