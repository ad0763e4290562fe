import BenchProbes
import Cells
import FileCore
import TensorCore

/// Measures recurrences over matrices alone, beside the same arithmetic as a loop in C: outputs without gradients.
public struct MatrixReport {
  /// A recurrence without products of its own: its input has the decays, keys, queries, values and strengths of the heads.
  struct Recurrence: RecurrentCell {
    static let (heads, size) = (4, 64)
    static var units: Int { heads * size }
    let isDeltaRule: Bool

    var inputSize: Int { 4 * Self.units + (isDeltaRule ? Self.heads : 0) }
    var title: String {
      isDeltaRule ? "S1 = diag(a) S, S' = S1 + b k (v - S1ᵀ k)ᵀ" : "S' = diag(a) S + k vᵀ"
    }

    func equations(_ cell: inout CellBuilder) {
      let (heads, size, x) = (Self.heads, Self.size, cell.input)
      func part(_ number: Int) -> Signal {
        x[number * Self.units..<(number + 1) * Self.units].shaped(heads, size)
      }
      let (a, k, q, v) = (part(0), part(1), part(2), part(3))
      let s = cell.state("matrix", shape: [heads, size, size])
      let kept = a.expanded(at: -1) * s
      var write = v
      if isDeltaRule {
        let strength = x[4 * Self.units..<4 * Self.units + heads].shaped(heads, 1)
        write = strength * (v - kept.read(by: k))
      }
      let matrix = kept + outer(k, write)
      cell.update(s, to: matrix)
      cell.output(matrix.read(by: q).flat)
    }
  }

  /// Steps and samples.
  static let (steps, batch) = (256, 8)

  /// The times, and the share of the loop's speed that the library reaches.
  public let text: String

  /// Measures for about `seconds` in all.
  public init(seconds: Double) {
    var table = TextTable([
      "recurrence", "milliseconds", "loop in C", "share of its speed", "difference",
    ])
    for isDeltaRule in [false, true] {
      let cell = Recurrence(isDeltaRule: isDeltaRule)
      let x = Self.input(cell)
      let layer = Recurrent(cell, inputSize: cell.inputSize, hiddenSize: Recurrence.units)
      let signals = x.scalars
      var (output, own, loop) = ([Float](), Double.infinity, Double.infinity)
      var found = layer(x).output
      for _ in 0..<3 { output = Self.looped(signals, cell) }
      var spent = 0.0
      while spent < seconds / 2 {
        let first = timed { found = layer(x).output }
        let second = timed { output = Self.looped(signals, cell) }
        (own, loop) = (min(own, first), min(loop, second))
        spent += first + second
      }
      let difference = zip(found.scalars, output).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      table.add([
        cell.title, (1e3 * own).text(2), (1e3 * loop).text(2), (100 * loop / own).text(0) + "%",
        "\(difference)",
      ])
    }
    text =
      "B\(Self.batch) T\(Self.steps), \(Recurrence.heads) x \(Recurrence.size) x \(Recurrence.size); "
      + "\(Machine.current.line); \(ThreadTeam.count) threads\n\n\(table.text)\n"
      + Self.training(seconds: seconds / 2).text
  }

  /// Decays from 0.8 to 1, keys of about unit length, strengths from 0 to 1.
  static func input(_ cell: Recurrence) -> Tensor {
    var generator = Philox(seed: 1)
    func uniform(_ width: Int, _ range: ClosedRange<Float>) -> Tensor {
      Tensor(
        uniform: [steps, batch, width], from: range.lowerBound, to: range.upperBound,
        using: &generator)
    }
    let units = Recurrence.units
    var parts = [uniform(units, 0.8...1)] + (0..<3).map { _ in uniform(units, -0.2...0.2) }
    if cell.isDeltaRule { parts.append(uniform(Recurrence.heads, 0...1)) }
    return concatenate(parts, along: 2)
  }

  /// The outputs by the loop, samples shared by the threads.
  private static func looped(_ x: [Float], _ cell: Recurrence) -> [Float] {
    let (units, width, size) = (Recurrence.units, cell.inputSize, Recurrence.size)
    let count = steps * batch * units
    return [Float](unsafeUninitializedCapacity: count) { output, filled in
      filled = count
      x.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress, let output = output.baseAddress else { return }
        ThreadTeam.run(parts: batch) { sample in
          var matrices = [Float](repeating: 0, count: units * size)
          for step in 0..<steps {
            let row = x + (step * batch + sample) * width
            for head in 0..<Recurrence.heads {
              let signal = row + head * size
              var work = bench_matrix_step(
                rows: size, decay: signal, key: signal + units, query: signal + 2 * units,
                value: signal + 3 * units,
                strength: cell.isDeltaRule ? row + 4 * units + head : nil)
              matrices.withUnsafeMutableBufferPointer { matrices in
                guard let matrix = matrices.baseAddress else { return }
                bench_matrix_step_run(
                  &work, matrix + head * size * size,
                  output + (step * batch + sample) * units + head * size)
              }
            }
          }
        }
      }
    }
  }
}
