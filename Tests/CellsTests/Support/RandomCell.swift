import Cells
import Foundation
import TensorCore

/// A well-formed cell with random equations from a seed: every word of the language, in any combination.
struct RandomCell: RecurrentCell {
  var seed: UInt64
  var length = 14

  /// Whether all of what is sampled is tested, as in `make test-deep`, or a part of it.
  static let isDeep = ProcessInfo.processInfo.environment["SWIFT_RNN_DEEP"] != nil
  /// Seeds by the hundred.
  static let blocksOfHundred = 0..<(isDeep ? 10 : 2)

  func equations(_ cell: inout CellBuilder) {
    var writer = Writer(seed: seed)
    let widths = [cell.hiddenSize, cell.inputSize, 1, cell.hiddenSize + 1]
    let states = (0..<Int.random(in: 1...3, using: &writer.generator)).map {
      cell.state("state\($0)", width: $0 == 0 ? cell.hiddenSize : writer.pick(widths))
    }
    writer.pool = [cell.input] + states
    // Products first, so that most cells are recurrent in earnest.
    for state in states { writer.add(cell.affine(state, "h\(state.width)", width: state.width)) }
    for step in 0..<length { writer.addRandom(&cell, widths, step) }
    for state in states { cell.update(state, to: tanh(writer.fit(state.width, &cell))) }
    if Bool.random(using: &writer.generator) { cell.output(writer.pick(writer.pool)) }
  }

  private struct Writer {
    var generator: Philox
    var pool: [Signal] = []

    init(seed: UInt64) { generator = Philox(seed: seed) }

    mutating func pick<Element>(_ list: [Element]) -> Element {
      list[Int.random(in: 0..<list.count, using: &generator)]
    }

    mutating func add(_ signal: Signal) { pool.append(signal) }

    /// Any signal of the given width, or one made to have it.
    mutating func fit(_ width: Int, _ cell: inout CellBuilder) -> Signal {
      let fitting = pool.filter { $0.width == width }
      if let last = fitting.last, Int.random(in: 0..<3, using: &generator) > 0 { return last }
      let source = pick(pool)
      if source.width == width { return source }
      return cell.linear(source, "fit\(source.width)to\(width)", width: width)
    }

    mutating func addRandom(_ cell: inout CellBuilder, _ widths: [Int], _ step: Int) {
      let a = pick(pool)
      let b = Bool.random(using: &generator) ? fit(a.width, &cell) : fit(1, &cell)
      switch Int.random(in: 0..<30, using: &generator) {
      case 0: add(sigmoid(a))
      case 1: add(tanh(a))
      case 2: add(relu(a))
      case 3: add(softplus(a) - logSigmoid(b))
      case 4: add(sin(a) * cos(b))
      case 5: add(abs(a) - b)
      case 6: add(a + b)
      case 7: add(a - b)
      case 8: add(tanh(a) * tanh(b))
      case 9: add(tanh(a) / (1 + sigmoid(b)))
      case 10: add(maximum(a, b))
      case 11: add(minimum(a, b))
      case 12: add(choose(where: a .> 0.1, a, else: b))
      case 13: add(clamp(a, -0.7...0.6))
      case 14: add(cell.affine(a, "w\(step)", width: pick(widths)))
      case 15:
        let (first, second) = (cell.affine(a, "m\(step).a"), cell.affine(a, "m\(step).b"))
        add(sigmoid(first) * second)
      case 16:
        let m = cell.matrix("s\(step)", rows: a.width, columns: a.width)
        add(cell.product(a, m - m.transposed() - 0.3 * cell.identity(a.width)))
      case 17: add(a * cell.vector("v\(step)", width: a.width))
      case 18:
        add(sigmoid(cell.scalar("k\(step)")) * a + (1 - sigmoid(cell.scalar("k\(step)"))) * b)
      case 19: add(a[0..<max(1, a.width / 2)])
      case 20: add(concatenate(a, b))
      case 21: add(a.softmax())
      case 22: add(tanh(a.cumulativeSum()) * a.maximum() + a.mean())
      case 23: add(outer(a, tanh(b)).read(by: sigmoid(a)))
      case 24: add((outer(tanh(a), b) * 0.5).sum(0))
      // No saturated functions: in float they would tie where in double they don't.
      case 25: add(outer(sin(a), cos(b)).maximum(step % 2))
      case 26: add(cell.delay(tanh(a), 1 + step % 3, state: "past\(step)"))
      case 27: add(cell.causalConvolution(tanh(a), "c\(step)", width: 3, state: "row\(step)"))
      case 28: add(cell.linear(tanh(a), "g\(step)", width: 2 * a.width, groups: a.width))
      default: add((a + 0.1 * cell.vector("n\(step)", width: a.width)).normalized(epsilon: 0.1))
      }
    }
  }
}
