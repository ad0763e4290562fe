/// The cheapest values of a graph from which some of its values can be computed: a minimum cut between what is given
/// and what is wanted, by the augmenting paths of Ford and Fulkerson.
struct CheapestCut {
  private struct Edge {
    var target: Int
    /// What may still flow along the edge.
    var capacity: Int
  }

  /// Every second edge is the reverse of the one before it.
  private var edges: [Edge] = []
  private var edgesOf: [[Int]] = []
  private var numbers: [NodeID: Int] = [:]
  private let unlimited = 1 << 40
  private let given = 0
  private let wanted = 1

  init() { edgesOf = [[], []] }

  /// Adds a value with the cost of saving it. It can be computed from its operands or, without any, is given.
  mutating func add(_ id: NodeID, cost: Int, from operands: [NodeID]) {
    let entry = numbers.count * 2 + 2
    numbers[id] = entry
    edgesOf += [[], []]
    connect(entry, entry + 1, cost)
    if operands.isEmpty { connect(given, entry, unlimited) }
    for operand in operands { numbers[operand].map { connect($0 + 1, entry, unlimited) } }
  }

  /// Says that a value that was added is wanted.
  mutating func want(_ id: NodeID) {
    if let entry = numbers[id] { connect(entry + 1, wanted, unlimited) }
  }

  /// The values to save: of several choices of one cost, those from which least is computed.
  mutating func values() -> Set<NodeID> {
    while let path = path() {
      let flow = path.reduce(unlimited) { min($0, edges[$1].capacity) }
      for edge in path {
        edges[edge].capacity -= flow
        edges[edge ^ 1].capacity += flow
      }
    }
    let late = leadingToWanted()
    return Set(numbers.filter { !late.contains($1) && late.contains($1 + 1) }.keys)
  }

  private mutating func connect(_ source: Int, _ target: Int, _ capacity: Int) {
    edgesOf[source].append(edges.count)
    edgesOf[target].append(edges.count + 1)
    edges += [Edge(target: target, capacity: capacity), Edge(target: source, capacity: 0)]
  }

  /// A shortest path along which more can flow.
  private func path() -> [Int]? {
    var arrivals: [Int?] = Array(repeating: nil, count: edgesOf.count)
    var queue = [given]
    var next = 0
    while next < queue.count, arrivals[wanted] == nil {
      for edge in edgesOf[queue[next]] where edges[edge].capacity > 0 {
        let target = edges[edge].target
        guard target != given, arrivals[target] == nil else { continue }
        arrivals[target] = edge
        queue.append(target)
      }
      next += 1
    }
    var path: [Int] = []
    var place = wanted
    while place != given {
      guard let edge = arrivals[place] else { return nil }
      path.append(edge)
      place = edges[edge ^ 1].target
    }
    return path
  }

  /// The places from which more can flow to what is wanted.
  private func leadingToWanted() -> Set<Int> {
    var found: Set = [wanted]
    var pending = [wanted]
    while let place = pending.popLast() {
      for edge in edgesOf[place] where edges[edge ^ 1].capacity > 0 {
        if found.insert(edges[edge].target).inserted { pending.append(edges[edge].target) }
      }
    }
    return found
  }
}
