import Cells
import TensorCore

// What tests ask of a schedule's steps.

extension Schedule {
  /// The products of some steps: the columns of the result, and the length of the sums.
  func products(_ steps: KeyPath<Schedule, [Step]>) -> [[Int]] {
    self[keyPath: steps].compactMap { step in
      guard case .product(let product) = step else { return nil }
      return [packings[product.weight].n, packings[product.weight].k]
    }
  }

  /// The programs of some steps.
  func programs(_ steps: KeyPath<Schedule, [Step]>) -> [Step.Program] {
    self[keyPath: steps].compactMap { step in
      if case .program(let program) = step { program } else { nil }
    }
  }
}

extension Step.Program {
  fileprivate var loaded: [Place] {
    program.instructions.compactMap {
      if case .load(let operand, _) = $0 { operands[Int(operand)] } else { nil }
    }
  }
  fileprivate var stored: [Place] {
    program.instructions.compactMap {
      if case .store(_, let operand) = $0 { operands[Int(operand)] } else { nil }
    }
  }
}

extension Step {
  /// What it reads.
  var sources: [Place] {
    switch self {
    case .program(let program): program.loaded
    case .product(let product):
      [product.signal] + [product.bias].compactMap(\.self)
        + (product.accumulates ? [product.destination] : [])
    case .rowSum(let a, _), .rowMaximum(let a, _), .cumulativeSum(let a, _, _),
      .spread(let a, _, _), .sumAlong(let a, _, _), .maximumAlong(let a, _, _),
      .transpose(let a, _):
      [a]
    case .pickedRows(let a, let b, let accumulates, let c): [a, b] + (accumulates ? [c] : [])
    case .rowProducts(let a, let b, _, _, _), .weightedRows(let a, let b, _, _): [a, b]
    case .identity: []
    }
  }

  /// What it writes.
  var targets: [Place] {
    switch self {
    case .program(let program): program.stored
    case .product(let product): [product.destination]
    case .rowSum(_, let b), .rowMaximum(_, let b), .cumulativeSum(_, _, let b),
      .pickedRows(_, _, _, let b), .rowProducts(_, _, _, _, let b), .weightedRows(_, _, _, let b),
      .spread(_, _, let b),
      .sumAlong(_, _, let b), .maximumAlong(_, _, let b),
      .transpose(_, let b), .identity(let b):
      [b]
    }
  }
}
