import TensorCore

extension CellGraph {
  /// The same cell with every product of a matrix normalised over its units, `N(W x) γ`.
  ///
  /// The gains of all blocks of a parameter are one vector, whose units are the parameter's rows.
  func normalizingProducts() -> CellGraph {
    let graph = graph
    var rewriting = CellRewriting(self)
    var gains: [String: NodeID] = [:]
    rewriting.replace { id, rewriting in
      guard case .affine(let terms, let biases) = graph[id].operation, terms.count == 1,
        biases.isEmpty, graph[id].columns > 1, let owner = graph.firstParameter(of: terms[0].weight)
      else { return nil }
      let parameter = rewriting.cell.parameters[owner]
      var (name, size) = ("gain_" + parameter.name.trimmingWeight, parameter.shape[0])
      var range = 0..<graph[id].columns
      if case .rows(_, let rows) = graph[terms[0].weight].operation { range = rows }
      if range.upperBound > size { (name, size) = (name + "_\(range.count)", range.count) }
      let gain = gains[name] ?? rewriting.parameter(name, [size], .constant(1))
      gains[name] = gain
      let own = rewriting.copy.result.add(.slice(gain, range))
      let product = rewriting.node(id)
      let normalized = rewriting.normalized(product)
      return rewriting.apply(.multiply, own, normalized)
    }
    return rewriting.finished()
  }

  /// The same cell whose states stay, unit by unit, as they are: by chance where a step learns, and else by
  /// their expected share.
  ///
  /// An output that is a state's new value is what the state becomes.
  func zoningOut(_ shares: [String: Float], isRandom: Bool) -> CellGraph {
    var rewriting = CellRewriting(self)
    var result = output
    var zoned: [NodeID] = []
    var isOutput = false
    for (index, state) in states.enumerated() {
      let new = rewriting.node(updates[index])
      guard let share = shares[state.name], share > 0 else {
        zoned.append(new)
        continue
      }
      let old = rewriting.state(index)
      if isRandom {
        let mask = rewriting.sequence(
          Sequence(
            name: "zoneout of \(state.name)", width: state.width,
            role: .mask(.init(probability: share, isPerSequence: false, isScaled: false))))
        zoned.append(rewriting.apply(.select, mask, new, old))
      } else {
        let (kept, moved) = (
          rewriting.constant(Double(share)), rewriting.constant(1 - Double(share))
        )
        let (stays, goes) = (
          rewriting.apply(.multiply, kept, old), rewriting.apply(.multiply, moved, new)
        )
        zoned.append(rewriting.apply(.add, stays, goes))
      }
      if updates[index] == output, !isOutput { (result, isOutput) = (zoned[index], true) }
    }
    if !isOutput { result = rewriting.node(output) }
    return rewriting.finished(updates: zoned, output: result)
  }

  /// The same cell with its output projected, without a bias.
  func projectingOutput(to size: Int) -> CellGraph {
    var rewriting = CellRewriting(self)
    let weight = rewriting.parameter("weight_hr", [size, outputSize])
    let output = rewriting.node(output)
    return rewriting.finished(output: rewriting.product(output, weight))
  }

  /// The same cell with states to start from among its parameters.
  func learningInitialStates() -> CellGraph {
    var rewriting = CellRewriting(self)
    for state in states {
      _ = rewriting.parameter("initial_\(state.name)", [state.width], .constant(0))
    }
    return rewriting.finished()
  }

  /// The same cell with its input beside it.
  ///
  /// - Parameters:
  ///   - units: Which units of the input the output is connected with, where they are as many.
  ///   - share: What the connection is multiplied by.
  func connected(
    _ connection: Recurrent.Connection, units: Range<Int>, share: Double
  ) -> CellGraph {
    guard connection != .plain else { return self }
    var rewriting = CellRewriting(self)
    let size = outputSize
    let input = rewriting.input()
    var path: NodeID
    if units.count == size {
      path = rewriting.copy.result.add(.slice(input, units))
    } else {
      let weight = rewriting.parameter("weight_skip", [size, inputSize])
      path = rewriting.product(input, weight)
    }
    if share != 1 {
      let factor = rewriting.constant(share)
      path = rewriting.apply(.multiply, factor, path)
    }
    let output = rewriting.node(output)
    if connection == .residual {
      return rewriting.finished(output: rewriting.apply(.add, output, path))
    }
    let weight = rewriting.parameter("weight_highway", [size, inputSize])
    let bias = rewriting.parameter("bias_highway", [size], .constant(-1))
    let product = rewriting.product(input, weight)
    let sum = rewriting.apply(.add, product, bias)
    let gate = rewriting.apply(.sigmoid, sum)
    let one = rewriting.constant(1)
    let rest = rewriting.apply(.subtract, one, gate)
    let (taken, passed) = (
      rewriting.apply(.multiply, gate, output), rewriting.apply(.multiply, rest, path)
    )
    return rewriting.finished(output: rewriting.apply(.add, taken, passed))
  }
}

extension Graph {
  /// The first parameter that a value depends on.
  func firstParameter(of id: NodeID) -> Int? {
    reachable(from: [id]).lazy.compactMap { node -> Int? in
      if case .parameter(let index) = self[node].operation { index } else { nil }
    }.min()
  }
}

extension String {
  fileprivate var trimmingWeight: String {
    hasPrefix("weight_") ? String(dropFirst("weight_".count)) : self
  }
}

extension CellRewriting {
  /// Each unit's distance from the mean of the units, in standard deviations.
  fileprivate mutating func normalized(_ signal: NodeID) -> NodeID {
    let share = constant(1 / Double(copy.result[signal].columns))
    func mean(_ signal: NodeID, _ rewriting: inout CellRewriting) -> NodeID {
      let sum = rewriting.copy.result.add(.sum(signal))
      return rewriting.apply(.multiply, sum, share)
    }
    let center = mean(signal, &self)
    let centered = apply(.subtract, signal, center)
    let square = apply(.multiply, centered, centered)
    let variance = mean(square, &self)
    let epsilon = constant(1e-5)
    let sum = apply(.add, variance, epsilon)
    let deviation = apply(.sqrt, sum)
    return apply(.divide, centered, deviation)
  }
}
