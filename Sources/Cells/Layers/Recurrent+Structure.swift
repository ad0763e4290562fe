extension Recurrent {
  /// A layer without its weights. It never changes, so that copies of the layer share it.
  final class Structure: Sendable {
    let inputSize: Int
    let hiddenSize: Int
    let outputSize: Int
    let layers: Int
    let direction: Direction
    let dropout: Float
    let layout: Layout
    let options: Options
    /// The plans of each direction of each layer.
    let plans: [PlanCache]
    /// The names of their parameters, in the cell's order.
    let parameterNames: [[String]]
    /// The number of units that each state has in the largest layer.
    let stateWidths: [Int]
    /// Whether each state has the same width in all layers.
    let hasEqualStates: Bool
    /// For each direction of each layer, values that passes computed from the weights.
    let caches: [PreparedCache]

    /// The layer's first cells in two, if they have products of the input, for the number of rows that was last asked for;
    /// and the same where the step before is read too.
    private let inputSplit = Guarded<(rows: Int, split: InputSplit?)?>(nil)
    private let pastSplit = Guarded<(rows: Int, split: InputSplit?)?>(nil)

    convenience init(
      _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, layers: Int,
      direction: Direction, dropout: Float, bias: Bool, layout: Layout, options: Options
    ) {
      var plans: [PlanCache] = []
      var size = inputSize
      for layer in 0..<layers {
        let base = CellGraph(
          cell, inputSize: size, hiddenSize: options.hiddenSize(ofLayer: layer, else: hiddenSize),
          bias: bias)
        for place in 0..<direction.count {
          let wrapped = WrappedCell(
            base, options, direction: direction, isReverse: place == 1,
            dropout: layer == 0 ? 0 : dropout, isLast: layer == layers - 1)
          plans.append(.shared(base, wrapped))
        }
        size = direction.mergedSize(of: plans[plans.count - 1].cell.outputSize)
      }
      self.init(
        plans, plans.map { _ in PreparedCache() }, hiddenSize: hiddenSize, direction: direction,
        dropout: dropout, layout: layout, options: options)
    }

    /// A layer of these cells, which are the directions of its first layer, then those of the next.
    init(
      _ plans: [PlanCache], _ caches: [PreparedCache], hiddenSize: Int, direction: Direction,
      dropout: Float = 0, layout: Layout, options: Options
    ) {
      (inputSize, self.hiddenSize) = (plans[0].cell.inputSize, hiddenSize)
      outputSize = direction.mergedSize(of: plans[plans.count - 1].cell.outputSize)
      layers = plans.count / direction.count
      (self.direction, self.dropout) = (direction, dropout)
      (self.layout, self.options) = (layout, options)
      parameterNames = plans.enumerated().map { place, plan in
        plan.cell.parameters.map { $0.name + direction.suffix(place) }
      }
      let widths = plans[0].cell.states.indices.map { state in
        plans.reduce(0) { max($0, $1.cell.states[state].width) }
      }
      stateWidths = widths
      hasEqualStates = plans.allSatisfy { $0.cell.states.map(\.width) == widths }
      (self.plans, self.caches) = (plans, caches)
    }

    /// The layer with the products of its input apart, of which it picks rows out of `rows`; nil where there are none, or
    /// none of the step before, where that is to be read.
    func splitAtInput(rows: Int, readingPast: Bool = false) -> InputSplit? {
      (readingPast ? pastSplit : inputSplit).withLock { known in
        if let known, known.rows == rows { return known.split }
        let split = InputSplit(self, rows: rows, readingPast: readingPast)
        known = (rows, split)
        return split
      }
    }
  }
}
