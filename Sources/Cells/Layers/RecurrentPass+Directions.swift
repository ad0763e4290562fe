import TensorCore

/// The directions of a layer: side by side, then merged.
extension RecurrentPass {
  /// The results of a layer's directions. As many threads as directions take one each, from its first step to its last, and
  /// nowhere wait for each other.
  func inDirections<Result>(_ run: (_ direction: Int) -> Result) -> [Result] {
    let directions = 0..<layer.direction.count
    guard directions.count > 1, directions.count == ThreadTeam.count, steps > 1 else {
      return directions.map(run)
    }
    let precision = Precision.current
    return ThreadTeam.map(Array(directions)) { direction in
      withPrecision(precision) { run(direction) }
    }
  }

  /// The area of one direction's output: its columns of the merged output, or memory of its own.
  func part(
    of target: Area, _ direction: Int, _ index: Int
  ) -> Area {
    let size = layer.cell(ofLayer: index).outputSize
    switch layer.direction {
    case .forward, .reverse: return target
    case .bidirectional(.concatenate):
      return target.units(from: direction * size)
    case .bidirectional:
      if direction == 0 { parts.append([]) }
      parts[index].append(Storage(count: rowCount * size))
      return timeFirst(Floats(parts[index][direction]), size)
    }
  }

  func merge(_ index: Int, into target: Area) {
    guard parts.count > index, parts[index].count == 2,
      case .bidirectional(let merge) = layer.direction
    else { return }
    let width = layer.cell(ofLayer: index).outputSize
    let signals = parts[index].map { timeFirst(Floats($0), width) } + [target]
    switch merge {
    case .product: combine(MergePrograms.product, width, signals)
    case .mean: combine(MergePrograms.mean, width, signals)
    case .sum, .concatenate: combine(MergePrograms.sum, width, signals)
    }
  }

  /// The cotangent of one direction's output, from that of the merged output.
  func unmerge(_ cotangent: Area, _ index: Int, _ direction: Int) -> Area {
    let size = layer.cell(ofLayer: index).outputSize
    switch layer.direction {
    case .forward, .reverse, .bidirectional(.sum): return cotangent
    case .bidirectional(.concatenate): return cotangent.units(from: direction * size)
    case .bidirectional(.product):
      let (target, other) = (newSignal(size), timeFirst(Floats(parts[index][1 - direction]), size))
      combine(MergePrograms.product, size, [cotangent, other, target])
      return target
    case .bidirectional(.mean):
      let target = newSignal(size)
      combine(MergePrograms.half, size, [cotangent, target])
      return target
    }
  }

  /// Runs a program over the units of some signals, at every step.
  func combine(_ program: ElementwiseProgram, _ width: Int, _ signals: [Area]) {
    if let packing {
      let operands = signals.map { ElementwiseOperand($0.memory, rowStride: $0.rowStride) }
      program.run(operands, rows: packing.rows.rowCount, width: width)
      return
    }
    for step in 0..<steps {
      let operands = signals.map {
        ElementwiseOperand($0.memory + step * $0.timeStride, rowStride: $0.rowStride)
      }
      program.run(operands, rows: batch, width: width)
    }
  }
}

/// Programs whose last operand is the result.
enum MergePrograms {
  static let sum = ElementwiseProgram(operands: 2, .operand(0) + .operand(1))
  static let mean = ElementwiseProgram(operands: 2, (.operand(0) + .operand(1)) * 0.5)
  static let product = ElementwiseProgram(operands: 2, .operand(0) * .operand(1))
  static let half = ElementwiseProgram(operands: 1, .operand(0) * 0.5)
}
