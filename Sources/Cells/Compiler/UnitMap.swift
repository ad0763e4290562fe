/// Which unit of the states each element of the parameters acts on within one step.
///
/// In an elementwise recurrence no unit reads another one, and every parameter acts on one unit: then
/// the influence of a parameter is one number for each state, and real-time learning costs about as much as the
/// forward pass.
struct UnitMap: Sendable {
  /// Elements of the parameters that belong to units in order: row r to unit `unit + r`.
  struct Segment: Sendable {
    /// The parameter.
    var parameter: Int
    /// The first row of the parameter.
    var row: Int
    var rows: Int
    var rowSize: Int
    /// The first row's unit, among the units of the states that have `width` units.
    var unit: Int
    var width: Int
  }

  var segments: [Segment] = []
  /// Terms of affine nodes that connect units with themselves, besides with others.
  var ownTerms: Set<Term> = []

  struct Term: Hashable, Sendable {
    var node: NodeID
    var index: Int
  }
}

/// Determines for every value of a step which units of the states it reaches, from the updates back to the leaves.
struct UnitDemand {
  /// The treatment of operations that mix the units of a signal.
  enum Mixing {
    /// Every unit of the operand reaches every unit of the result.
    case followed
    /// The operand counts as not read, so that the result is the influence of each parameter on its own unit.
    case ignored
  }

  /// The units of the states that a column of a signal, or a row of a matrix, reaches.
  enum Demand: Hashable {
    case noUnit
    /// One unit, of the states of the width `of`.
    case unit(Int, of: Int)
    case several

    func joined(_ other: Demand) -> Demand {
      if self == .noUnit || self == other { return other }
      return other == .noUnit ? self : .several
    }

    static func joined(_ demands: [Demand]) -> Demand {
      demands.reduce(.noUnit) { $0.joined($1) }
    }
  }

  private let graph: SimplifiedGraph
  private let states: [CellGraph.State]
  private let mixing: Mixing
  private var demands: [NodeID: [Demand]] = [:]
  private var ownTerms: Set<UnitMap.Term> = []

  init(_ recurrence: Recurrence, states: [CellGraph.State], mixing: Mixing) {
    graph = recurrence.graph
    self.states = states
    self.mixing = mixing
    for (update, state) in zip(recurrence.updates, states) {
      ask(update, (0..<state.width).map { .unit($0, of: state.width) })
    }
    for id in graph.reachable(from: recurrence.updates).reversed() {
      if let demand = demands[id] { passOn(demand, from: id) }
    }
  }

  /// Whether every unit reads itself alone, and every parameter is read by one unit at most.
  var isElementwise: Bool {
    graph.nodes.indices.allSatisfy { id in
      guard let demand = demands[id] else { return true }
      switch graph[id].operation {
      case .state(let index):
        let width = states[index].width
        return demand.enumerated().allSatisfy {
          $1 == .noUnit || $1 == .unit($0, of: width)
        }
      case .parameter: return !demand.contains(.several)
      default: return true
      }
    }
  }

  /// The parameters of which each row reaches one unit.
  func map(of parameters: [CellGraph.Parameter]) -> UnitMap {
    var map = UnitMap(ownTerms: ownTerms)
    for (index, parameter) in parameters.enumerated() {
      guard let leaf = graph.nodes.firstIndex(where: { $0.operation == .parameter(index) }),
        let demand = demands[leaf]
      else { continue }
      let isMatrix = !parameter.isSignal
      let rows = isMatrix && parameter.rows == 1 ? [Demand.joined(demand)] : demand
      map.segments += segments(
        of: rows, parameter: index, rowSize: isMatrix ? parameter.columns : 1)
    }
    return map
  }

  private func segments(of rows: [Demand], parameter: Int, rowSize: Int) -> [UnitMap.Segment] {
    var segments: [UnitMap.Segment] = []
    for (row, demand) in rows.enumerated() {
      guard case .unit(let unit, let width) = demand else { continue }
      if let last = segments.last, last.width == width, last.unit + last.rows == unit,
        last.row + last.rows == row
      {
        segments[segments.count - 1].rows += 1
      } else {
        segments.append(
          .init(
            parameter: parameter, row: row, rows: 1, rowSize: rowSize, unit: unit, width: width))
      }
    }
    return segments
  }

  // MARK: From results to operands

  /// Demands are kept for each column of a signal or vector, and for each row of a matrix.
  private func extent(_ id: NodeID) -> Int {
    graph[id].rows > 1 ? graph[id].rows : graph[id].columns
  }

  private mutating func ask(_ id: NodeID, _ demand: [Demand], at start: Int = 0) {
    var known = demands[id] ?? Array(repeating: .noUnit, count: extent(id))
    for (index, demand) in demand.enumerated() {
      known[start + index] = known[start + index].joined(demand)
    }
    demands[id] = known
  }

  private mutating func askAll(_ id: NodeID, _ demand: [Demand]) {
    let joined = Demand.joined(demand)
    ask(id, Array(repeating: joined, count: extent(id)))
  }

  /// The same demands if the operand is as large as the result, else the joined demand for each element.
  private mutating func askAlike(_ operand: NodeID, _ demand: [Demand]) {
    extent(operand) == demand.count ? ask(operand, demand) : askAll(operand, demand)
  }

  /// Asks parts for what is asked of them one after the other.
  private mutating func askParts(_ parts: [NodeID], _ demand: [Demand], sizes: [Int]) {
    var start = 0
    for (part, size) in zip(parts, sizes) {
      askAlike(part, Array(demand[start..<start + size]))
      start += size
    }
  }

  private mutating func passOn(_ demand: [Demand], from id: NodeID) {
    switch graph[id].operation {
    case .sequence, .state, .parameter, .constant, .identity, .table: break
    case .apply(_, let operands): for operand in operands { askAlike(operand, demand) }
    case .broadcast(let a, _): askAlike(a, demand)
    case .affine(let terms, let biases):
      for (index, term) in terms.enumerated() {
        passOn(demand, to: term, .init(node: id, index: index))
      }
      for bias in biases { askAlike(bias, demand) }
    case .slice(let a, let range):
      graph[a].rows > 1 ? ask(a, demand) : ask(a, demand, at: range.lowerBound)
    case .oneHot(let a, _): askAll(a, demand)
    case .concatenate(let parts):
      askParts(parts, demand, sizes: parts.map { graph[$0].columns })
    case .sum(let a), .maximum(let a):
      if mixing == .followed || graph[a].dependence == .parameters { askAll(a, demand) }
    case .sumAlong(let a, let axis), .maximumAlong(let a, let axis):
      if mixing == .followed || graph[a].dependence == .parameters {
        ask(a, (0..<extent(a)).map { demand[axis.reduced($0)] })
      }
    case .spread(let a, let axis):
      for (unit, demand) in demand.enumerated() { ask(a, [demand], at: axis.reduced(unit)) }
    case .cumulativeSum(let a, _): mixing == .followed ? askAll(a, demand) : ask(a, demand)
    case .rows(let a, let range):
      let rows = graph[id].rows > 1 ? demand : [Demand.joined(demand)]
      ask(a, rows, at: range.lowerBound)
    case .stack(let parts): askParts(parts, demand, sizes: parts.map { graph[$0].rows })
    case .transpose(let a), .total(let a): askAll(a, demand)
    case .outer(let a, let b, _):
      askAll(a, demand)
      askAll(b, demand)
    }
  }

  private mutating func passOn(_ demand: [Demand], to term: ProductTerm, _ place: UnitMap.Term) {
    if term.isTransposed {
      askAll(term.weight, demand)
    } else {
      askAlike(term.weight, demand)
    }
    if term.groups > 1 { return passOn(demand, toGroupsOf: term) }
    if mixing == .followed { return askAll(term.signal, demand) }
    let width = graph[term.signal].columns
    let isOwn = demand.enumerated().allSatisfy {
      $1 == .noUnit || $1 == .unit($0 % width, of: width)
    }
    guard isOwn, !term.isTransposed, demand.count % width == 0 else { return }
    ownTerms.insert(place)
    for start in stride(from: 0, to: demand.count, by: width) {
      ask(term.signal, Array(demand[start..<start + width]))
    }
  }

  /// Each group of units is asked for by the units that its matrix makes of it.
  private mutating func passOn(_ demand: [Demand], toGroupsOf term: ProductTerm) {
    guard mixing == .followed else { return }
    let (inputs, outputs) = (graph[term.signal].columns / term.groups, demand.count / term.groups)
    for group in 0..<term.groups {
      let joined = Demand.joined(Array(demand[group * outputs..<(group + 1) * outputs]))
      ask(term.signal, Array(repeating: joined, count: inputs), at: group * inputs)
    }
  }
}

extension Axis {
  /// The unit without the axis that a unit with it belongs to.
  fileprivate func reduced(_ unit: Int) -> Int { unit / (count * inner) * inner + unit % inner }
}
