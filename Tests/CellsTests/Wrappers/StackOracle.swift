import Cells
import TensorCore

/// Evaluates a whole stack of wrapped layers in double precision: directions, merges, lengths and resets written out, and
/// each step of each direction by the oracle.
struct StackOracle {
  let layer: Recurrent
  let lengths: [Int]?
  let resets: [[Int]]?
  let masks: RandomMasks?
  let steps: Int
  let batch: Int

  /// From the layer's parameters, the input `[T, B, I]` under the name `input` and the states under theirs to the
  /// output `[T, B, outputSize]` and the final states.
  func run(_ values: [String: [Dual]]) -> [[Dual]] {
    var signal = values["input"] ?? []
    var finals = layer.stateSizes.map { values[$0.name] ?? [] }
    for index in 0..<layer.layers {
      let outputs = (0..<layer.direction.count).map { side in
        direction(index * layer.direction.count + side, of: signal, values, &finals)
      }
      signal = merged(outputs)
    }
    return [signal] + finals
  }

  private func direction(
    _ place: Int, of input: [Dual], _ values: [String: [Dual]], _ finals: inout [[Dual]]
  ) -> [Dual] {
    let cell = layer.equations(ofPlace: place, isRandom: masks != nil)
    let isReverse = layer.direction == .reverse || place % layer.direction.count == 1
    let suffix =
      "_l\(place / layer.direction.count)"
      + (isReverse && layer.direction != .reverse ? "_reverse" : "")
    let own = cell.parameters.map { values[$0.name + suffix] ?? [] }
    let dropped = (masks?.weights[place] ?? []).map { $0.scalars.map { Dual(Double($0)) } }
    let oracle = Oracle(cell, parameters: own + dropped)
    var output = [Dual](repeating: Dual(0), count: steps * batch * cell.outputSize)
    for sample in 0..<batch {
      let count = lengths?[sample] ?? steps
      let starts = Set((resets?[sample] ?? []).filter { $0 < count })
      var states = cell.states.enumerated().map { index, state in
        Array(finals[index][part(state.width, index, place, sample)])
      }
      for time in isReverse ? Array((0..<count).reversed()) : Array(0..<count) {
        if starts.contains(isReverse ? time + 1 : time) {
          states = cell.states.map { state in
            let start = cell.parameters.firstIndex { $0.name == "initial_\(state.name)" }
            return start.map { own[$0] } ?? Array(repeating: Dual(0), count: state.width)
          }
        }
        let row = time * batch + sample
        let x = Array(input[row * cell.inputSize..<(row + 1) * cell.inputSize])
        let result = oracle.step([x] + maskRows(place, time, sample), states)
        states = result.states
        output.replaceSubrange(
          row * cell.outputSize..<(row + 1) * cell.outputSize, with: result.output)
      }
      for (index, state) in states.enumerated() {
        // Units that only larger layers have are zero.
        let width = layer.stateSizes[index].width
        let rest = [Dual](repeating: Dual(0), count: width - state.count)
        finals[index].replaceSubrange(part(width, index, place, sample), with: state + rest)
      }
    }
    return output
  }

  private func part(_ width: Int, _ state: Int, _ place: Int, _ sample: Int) -> Range<Int> {
    let start = (place * batch + sample) * layer.stateSizes[state].width
    return start..<start + width
  }

  private func maskRows(_ place: Int, _ time: Int, _ sample: Int) -> [[Dual]] {
    (masks?.signals[place] ?? []).map { mask in
      mask.at(mask.shape[0] == 1 ? 0 : time).at(sample).scalars.map { Dual(Double($0)) }
    }
  }

  private func merged(_ outputs: [[Dual]]) -> [Dual] {
    guard case .bidirectional(let merge) = layer.direction else { return outputs[0] }
    let (a, b) = (outputs[0], outputs[1])
    switch merge {
    case .sum: return zip(a, b).map { $0 + $1 }
    case .mean: return zip(a, b).map { ($0 + $1) * Dual(0.5) }
    case .product: return zip(a, b).map { $0 * $1 }
    case .concatenate:
      let width = a.count / (steps * batch)
      var rows: [Dual] = []
      for start in stride(from: 0, to: a.count, by: width) {
        rows += a[start..<start + width]
        rows += b[start..<start + width]
      }
      return rows
    }
  }
}
