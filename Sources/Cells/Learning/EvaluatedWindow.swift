import TensorCore

/// The evaluated steps of one sample, ready for backward passes.
struct EvaluatedWindow {
  let trail: Plan.Trail
  /// The sample's row among those of the trail.
  let row: Int
  let parameters: PlanParameters
  /// The same steps under a plan that omits the influence of units on each other, for SnAp-1.
  var ownTrail: Plan.Trail?
  /// Whether the rows of the input's cotangents are computed; else they stay zeros.
  let input: InputCotangent

  /// The number of the sample's steps, T: padding is none.
  var steps: Int { trail.rows?.lengths[row] ?? trail.steps }

  /// The window under that plan, or else the window itself.
  var own: EvaluatedWindow {
    guard let ownTrail else { return self }
    return EvaluatedWindow(trail: ownTrail, row: row, parameters: parameters, input: input)
  }

  /// The results of pulling rows of cotangents back.
  struct PulledBack {
    /// The cotangents of the states before the steps, `[N, width]` each.
    var states: [Storage]
    /// The factors of the outer products in the parameters' gradients, if they were returned.
    var outers: [PlanRun.Outer]
    /// The memory of these.
    fileprivate var outerMemory: PlanMemory?

    /// The cotangents of each state from one row on.
    func rows(from first: Int, _ cell: CellGraph) -> [Floats] {
      zip(states, cell.states).map { Floats($0, offset: first * $1.width) }
    }
  }

  /// Pulls rows of cotangents back through as many steps as the rows have.
  ///
  /// - Parameters:
  ///   - gradients: Receives a row for each row of cotangents: the parameters' elements, in the cell's order.
  ///   - stride: Floats from one of these rows to the next; 0 adds up the rows.
  ///   - returnsOuterFactors: Whether outer products in gradients, those of one step, are returned as their factors. Most are
  ///     not written then.
  /// - Returns: The cotangents of the states before the steps. Those of the input are in `rows.input`. What has outer
  ///   factors is to be given to ``release(_:)`` after its use.
  func pullBack(
    _ rows: CotangentRows, from first: Int, into gradients: Floats, stride: Int,
    returnsOuterFactors: Bool = false
  ) -> PulledBack {
    let cell = trail.plan.cell
    var offset = 0
    let places = cell.parameters.map { parameter in
      defer { offset += elementCount(of: parameter.shape) }
      return gradients + offset
    }
    func view(_ storage: Storage, _ width: Int) -> Area {
      Area(Floats(storage), timeStride: rows.count * width, rowStride: width)
    }
    let copies = trail.repeating(
      sample: row, count: rows.count, steps: first..<first + rows.steps)
    let result = copies.runBackward(
      outputCotangent: view(rows.output, cell.outputSize),
      stateCotangents: rows.states.map { Floats($0) },
      inputCotangent: input == .computed ? view(rows.input, cell.inputSize) : nil,
      parameters: parameters,
      gradients: places, gradientStride: stride, returnsOuterFactors: returnsOuterFactors)
    return PulledBack(
      states: result.states, outers: result.outers, outerMemory: result.outerMemory)
  }

  /// Gives the memory of outer factors, which nobody reads any more, to the next window.
  func release(_ result: PulledBack) {
    if let memory = result.outerMemory { parameters.cache?.store(memory) }
  }
}

extension Plan.Trail {
  /// The activations of some steps of one sample, for a batch of `count` copies of it.
  func repeating(sample: Int, count: Int, steps: Range<Int>) -> Plan.Trail {
    Plan.Trail(
      plan: plan, batch: count, steps: steps.count, isReversed: isReversed,
      kept: kept.map { $0.repeating(sample: sample, steps: steps) }, memory: memory)
  }
}
