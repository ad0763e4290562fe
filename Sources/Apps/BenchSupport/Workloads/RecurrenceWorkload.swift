import Cells
import TensorCore

/// The recurrence of a cell with a matrix for a state, without the products around it: its input has what these give it.
///
/// As in the published cells there are 4 heads of H / 4 units each, and S6 has 16 states for each unit.
enum RecurrenceAlone: String, CaseIterable, RecurrentCell {
  case gla
  case gatedDeltaNet = "gated-deltanet"
  case mlstmLarge = "mlstm-large"
  case rwkv7
  case s6

  private static let (heads, states) = (4, 16)

  /// A part of the input, and what its numbers are between.
  typealias Part = (width: Int, range: ClosedRange<Float>)

  /// The parts of the input. Logarithms of decays are those of mild ones.
  func parts(hiddenSize: Int) -> [Part] {
    let vector: Part = (hiddenSize, -0.2...0.2)
    let decays: Part = (hiddenSize, -0.1...0)
    return switch self {
    case .gla: [vector, vector, vector, decays]
    case .gatedDeltaNet:
      [vector, vector, vector, (Self.heads, -0.1...0), (Self.heads, 0...1)]
    case .mlstmLarge:
      [vector, vector, vector, (Self.heads, -2...2), (Self.heads, -0.1...0)]
    case .rwkv7: [vector, vector, vector, decays, vector, vector]
    case .s6: [vector, (hiddenSize, 0...0.1), (Self.states, -1...1), (Self.states, -1...1)]
    }
  }

  func equations(_ cell: inout CellBuilder) {
    var first = 0
    let signals = parts(hiddenSize: cell.hiddenSize).map { part in
      defer { first += part.width }
      return cell.input[first..<first + part.width]
    }
    if self == .s6 { return select(signals, &cell) }
    let size = cell.hiddenSize / Self.heads
    let heads = signals.map { signal in
      signal.width == Self.heads ? signal.shaped(Self.heads, 1) : signal.shaped(Self.heads, size)
    }
    let (q, k, v) = (heads[0], heads[1], heads[2])
    if self == .mlstmLarge {
      let memory = MLSTMMemory(&cell, Heads(Self.heads, sharing: cell.hiddenSize))
      let read = memory.step(
        &cell, q: q, k: k, v: v, i: signals[3], logF: signals[4], epsilon: 1e-6)
      return cell.output(read.flat)
    }
    let s = cell.state("matrix", shape: [Self.heads, size, size])
    let kept = exp(heads[3]).expanded(at: -1) * s
    let matrix =
      switch self {
      case .gatedDeltaNet: kept + outer(k, heads[4] * (v - kept.read(by: k)))
      case .rwkv7: kept + outer(heads[5], s.read(by: heads[4])) + outer(k, v)
      default: kept + outer(k, v)
      }
    cell.update(s, to: matrix)
    cell.output(matrix.read(by: q).flat)
  }

  private func select(_ signals: [Signal], _ cell: inout CellBuilder) {
    let (u, step, b, c) = (signals[0], signals[1], signals[2], signals[3])
    let rates = (0..<u.width).flatMap { _ in (1...Self.states).map(Double.init) }
    let rate = cell.parameter("rate", [u.width, Self.states], initially: .values(rates))
    let s = cell.state("matrix", shape: [u.width, Self.states])
    let matrix = exp(step.expanded(at: -1) * -rate) * s + outer(step * u, b)
    cell.update(s, to: matrix)
    cell.output((matrix * c.expanded(at: 0)).sum(-1))
  }
}

extension BenchmarkCase {
  /// The recurrence of the case's cell.
  ///
  /// - Throws: ``BenchError`` if there is none, or if heads can't share its units.
  func recurrenceAlone() throws -> RecurrenceAlone {
    guard let recurrence = RecurrenceAlone(rawValue: cell) else {
      let names = RecurrenceAlone.allCases.map(\.rawValue).joined(separator: ", ")
      throw BenchError("cell: expected one of \(names), found \(cell)")
    }
    guard hiddenSize.isMultiple(of: 4) else {
      throw BenchError("hidden: expected a multiple of 4, found \(hiddenSize)")
    }
    return recurrence
  }

  /// Outputs, and the gradients of everything that the recurrence reads.
  func recurrenceWorkload() throws -> Workload {
    let cell = try recurrenceAlone()
    var generator = Philox(seed: 1)
    let parts = cell.parts(hiddenSize: hiddenSize).map { part in
      Tensor(
        uniform: [steps, batch, part.width], from: part.range.lowerBound, to: part.range.upperBound,
        using: &generator)
    }
    let x = concatenate(parts, along: 2)
    let layer = Recurrent(
      cell, inputSize: x.shape[2], hiddenSize: hiddenSize, using: &generator)
    var workload = Workload {
      _ = valueAndGradient(of: layer, at: [x]) { $0($1[0]).output.sum() }
    }
    let graphs = try graphs()
    workload.tokens = tokenCount
    workload.operations = 3 * Double(tokenCount) * operations(of: graphs, logitsFrom: nil)
    workload.bytesKept = bytesKept(by: graphs)
    return workload
  }
}
