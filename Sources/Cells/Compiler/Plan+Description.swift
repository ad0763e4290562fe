import TensorCore

extension Plan: CustomStringConvertible {
  /// The plan as text: products with their shapes, programs with their operations, what is kept.
  public var description: String {
    var writer = PlanWriter(cell)
    var text = "input \(cell.inputSize), hidden \(cell.hiddenSize), output \(cell.outputSize)\n"
    text += "forward" + (backward == nil ? ", keeping nothing\n" : "\n")
    text += writer.text(forward)
    if let backward {
      text += "backward\n" + writer.text(backward.schedule, sources: backward.sources.count)
      text += "kept: \(bytesKeptPerStep) bytes for each sample and step\n"
    }
    return text
  }

  /// Bytes that the forward pass keeps for the backward pass, for each sample and step.
  package var bytesKeptPerStep: Int {
    let kept = Set(forward.kept.map(\.area))
    return 4
      * kept.reduce(0) { sum, number in
        switch forward.buffers[number].kind {
        case .everyStep, .state: sum + forward.buffers[number].width
        default: sum
        }
      }
  }
}

/// Writes schedules as text.
private struct PlanWriter {
  private let cell: CellGraph
  private var schedule = Schedule()
  private var sources = 0

  init(_ cell: CellGraph) { self.cell = cell }

  mutating func text(_ schedule: Schedule, sources: Int = 0) -> String {
    self.schedule = schedule
    self.sources = sources
    let packed = schedule.packings.map { packing in
      "pack \(name(packing.matrix))\(packing.isTransposed ? " transposed" : "") [\(packing.n), \(packing.k)]"
    }
    let earlier = schedule.earlier.flatMap { phase in
      [
        ("all steps, before an earlier loop", phase.before.map(line)),
        (order(of: phase.loop) + ", in an earlier loop", phase.loop.map(line)),
      ]
    }
    let once = [("once", schedule.parameterStage.map(line) + packed)]
    let last: [(String, [String])] = [
      ("all steps, before the loop", schedule.before.map(line)),
      (order(of: schedule.loop), schedule.loop.map(line)),
      ("all steps, after the loop", schedule.after.map(line)),
      ("summed over samples and steps", schedule.sums.map(line) + schedule.gathering.map(line)),
    ]
    return (once + earlier + last).filter { !$0.1.isEmpty }.map { title, lines in
      "  \(title)\n" + lines.map { "    \($0)\n" }.joined()
    }.joined()
  }

  private func order(of loop: [Step]) -> String {
    loop.actsOnUnitsAlone(memory: schedule.memory(ofArea:))
      ? "each step, units block by block" : "each step"
  }

  private func line(_ step: Step) -> String {
    switch step {
    case .program(let program):
      let operands = program.operands.map(name).joined(separator: ", ")
      return
        "program: \(program.program.operationCount) operations over \(program.width) units"
        + (program.tile.map { " as \($0.tiles) x \($0.rows) x \($0.columns)" } ?? "") + "; "
        + operands
    case .product(let product):
      let packing = schedule.packings[product.weight]
      let bias = product.bias.map { " + " + name($0) } ?? ""
      return
        "product: \(name(product.signal)) [\(packing.k)] -> \(name(product.destination)) "
        + "[\(packing.n)]\(bias)" + (product.accumulates ? ", added" : "")
        + (product.groups > 1 ? ", in \(product.groups) groups" : "")
    case .pickedRows(let a, let b, let accumulates, let c):
      return "rows of \(name(b)): \(name(a)) -> \(name(c))" + (accumulates ? ", added" : "")
    case .rowSum(let a, let b): return "sum of units: \(name(a)) -> \(name(b))"
    case .rowMaximum(let a, let b): return "largest unit: \(name(a)) -> \(name(b))"
    case .cumulativeSum(let a, let isReversed, let b):
      return "cumulative sum\(isReversed ? ", reversed" : ""): \(name(a)) -> \(name(b))"
    case .spread(let a, _, let b): return "spread: \(name(a)) -> \(name(b)) [\(b.columns)]"
    case .sumAlong(let a, _, let b):
      return "sum along an axis: \(name(a)) [\(a.columns)] -> \(name(b)) [\(b.columns)]"
    case .maximumAlong(let a, _, let b):
      return "largest along an axis: \(name(a)) [\(a.columns)] -> \(name(b)) [\(b.columns)]"
    case .rowProducts(let a, let b, let tile, _, let c):
      return "matrices times rows: \(tile.tiles) x \(tile.rows) x \(tile.columns), \(name(a)), "
        + "\(name(b)) -> \(name(c))"
    case .weightedRows(let a, let b, let tile, let c):
      return "rows times matrices: \(tile.tiles) x \(tile.rows) x \(tile.columns), \(name(b)), "
        + "\(name(a)) -> \(name(c))"
    case .transpose(let a, let b): return "transpose: \(name(a)) -> \(name(b))"
    case .identity(let a): return "identity: \(name(a))"
    }
  }

  private func line(_ sum: Schedule.Sum) -> String {
    switch sum {
    case .outer(let a, let b, let c):
      "product: \(name(a)) [\(a.columns)] x \(name(b)) [\(b.columns)] -> \(name(c))"
    case .byRow(let a, let b, let c): "sum by row: \(name(a)), \(name(b)) -> \(name(c))"
    case .total(let a, let b): "sum: \(name(a)) -> \(name(b))"
    }
  }

  private func name(_ place: Place) -> String {
    let buffer = schedule.buffers[place.area]
    let base: String =
      switch buffer.kind {
      case .sequence(let index):
        sources > 0 ? "kept\(index)" : cell.sequences[index].name
      case .output: sources > 0 ? "d.input" : "output"
      case .state(let index): (sources > 0 ? "d." : "") + cell.states[index].name
      case .parameter(let index):
        index < cell.parameters.count ? cell.parameters[index].name : "mask of weights"
      case .table: "constants"
      case .gathered(let index): "d." + cell.parameters[index].name
      case .everyStep: "every\(place.area)"
      case .oneStep: "step\(place.area)"
      case .prepared: "prepared\(place.area)"
      case .value: "value\(place.area)"
      }
    let isPart = place.columns < buffer.width || place.offset > 0
    let part = isPart ? "[\(place.offset)..<\(place.offset + place.columns)]" : ""
    switch place.slot {
    case .current: return base + part
    case .previous: return base + part
    case .next: return base + "'" + part
    }
  }
}
