import Cells

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
  func programs(_ steps: KeyPath<Schedule, [Step]>) -> [Fused] {
    self[keyPath: steps].compactMap { step in
      if case .fused(let fused) = step { fused } else { nil }
    }
  }
}

extension Schedule.Fused {
  fileprivate var loaded: [Schedule.Place] {
    program.instructions.filter { $0.function == .load }.map { operands[Int($0.a)] }
  }
  fileprivate var stored: [Schedule.Place] {
    program.instructions.filter { $0.function == .store }.map { operands[Int($0.destination)] }
  }
}

extension Schedule.Step {
  /// What it reads.
  var sources: [Schedule.Place] {
    switch self {
    case .fused(let fused): fused.loaded
    case .product(let product):
      [product.signal] + [product.bias].compactMap(\.self)
        + (product.accumulate ? [product.destination] : [])
    case .rowSum(let a, _), .rowMaximum(let a, _), .cumulativeSum(let a, _, _),
      .transpose(let a, _), .total(let a, _):
      [a]
    case .outer(let a, let b, _): [a, b]
    case .identity: []
    }
  }

  /// What it writes.
  var targets: [Schedule.Place] {
    switch self {
    case .fused(let fused): fused.stored
    case .product(let product): [product.destination]
    case .rowSum(_, let b), .rowMaximum(_, let b), .cumulativeSum(_, _, let b),
      .transpose(_, let b), .total(_, let b), .outer(_, _, let b), .identity(let b):
      [b]
    }
  }
}
