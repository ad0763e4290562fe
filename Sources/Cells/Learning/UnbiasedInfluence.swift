import TensorCore

/// One product of two vectors a sample, `s̃ θ̃ᵀ`, whose mean over random signs is the influence matrix.
///
///     s̃' = ρ₀ A s̃ + ρ₁ ν        θ̃' = θ̃ / ρ₀ + νᵀI / ρ₁        ν uniform from {±1}
///     ρ₀² = ‖θ̃‖ / ‖A s̃‖          ρ₁² = ‖νᵀI‖ / ‖ν‖
///
/// Memory: S + P floats a sample; a step costs one backward step of S rows.
///
/// Paper: C. Tallec and Y. Ollivier, Unbiased online recurrent optimization, ICLR 2018.
struct UnbiasedInfluence: Influence {
  private let cell: CellGraph
  /// Where the row of state unit k has its random sign in place k.
  private let rows: CotangentRows
  private let lossRow: CotangentRows
  private let signs: @Sendable (_ draw: Int) -> Float
  var drawCount = 0
  private let stateSize: Int
  private let parameterSize: Int
  private let columns: Int
  private var stateVectors: [Storage]
  private var parameterVectors: [Storage]
  private let loss: Storage
  private let direct: Storage

  /// `signs` gives 1 or -1 for each draw, by its number.
  init(
    _ cell: CellGraph, batch: Int, learnsInitialState: Bool,
    signs: @escaping @Sendable (_ draw: Int) -> Float
  ) {
    self.cell = cell
    self.signs = signs
    rows = CotangentRows(oneHot: cell, steps: 1)
    lossRow = CotangentRows(zeros: 1, steps: 1, cell)
    (stateSize, parameterSize) = (cell.stateSize, cell.parameterSize)
    let columns = parameterSize + (learnsInitialState ? stateSize : 0)
    self.columns = columns
    stateVectors = (0..<batch).map { _ in Storage(zeros: cell.stateSize) }
    parameterVectors = (0..<batch).map { _ in Storage(zeros: columns) }
    loss = Storage(zeros: columns)
    direct = Storage(zeros: columns)
    for sample in 0..<batch { forget(sample: sample) }
  }

  var size: Int { stateVectors.count * (stateSize + columns) + 2 * columns }

  var remembered: [Storage] { stateVectors + parameterVectors }

  mutating func forget(sample: Int) {
    let (states, parameters) = (stateVectors[sample].pointer, parameterVectors[sample].pointer)
    states.update(repeating: 0, count: stateSize)
    parameters.update(repeating: 0, count: columns)
    // The identity is the mean of ν νᵀ.
    for unit in 0..<columns - parameterSize {
      states[unit] = drawSign()
      parameters[parameterSize + unit] = states[unit]
    }
  }

  private mutating func drawSign() -> Float {
    drawCount += 1
    return signs(drawCount - 1)
  }

  mutating func advance(
    _ window: EvaluatedWindow, sample: Int, outputs: Area?, into gradient: GradientSums,
    inputs: Area
  ) {
    let (states, parameters) = (stateVectors[sample].pointer, parameterVectors[sample].pointer)
    for step in 0..<window.steps {
      lossRow.setLoss(outputs, from: step)
      loss.pointer.update(repeating: 0, count: columns)
      let byState = window.pullBack(
        lossRow, from: step, sample: sample, into: loss.pointer, stride: columns
      ).states
      combine(1, loss.pointer, dot(byState, row: 0, states), parameters, into: loss.pointer)
      gradient.add(loss.pointer)
      lossRow.copyLossOfInput(to: inputs, from: step)
      goOn(window, step: step, sample: sample, states, parameters)
    }
  }

  private mutating func goOn(
    _ window: EvaluatedWindow, step: Int, sample: Int, _ states: UnsafeMutablePointer<Float>,
    _ parameters: UnsafeMutablePointer<Float>
  ) {
    let signs = (0..<stateSize).map { _ in drawSign() }
    rows.setDiagonal(signs, cell)
    // Summed over the rows, which have one sign each, the parameters' cotangents are νᵀI.
    let factors = window.pullBack(
      rows, from: step, sample: sample, into: direct.pointer, stride: 0
    ).states
    let moved = signs.indices.map { signs[$0] * dot(factors, row: $0, states) }
    func norm(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
      Float(sumOfSquares(x, count: count).squareRoot()) + 1e-7
    }
    let movedNorm = moved.withUnsafeBufferPointer { $0.baseAddress.map { norm($0, stateSize) } }
    let first = (norm(parameters, columns) / (movedNorm ?? 1)).squareRoot()
    let second = (norm(direct.pointer, columns) / Float(stateSize).squareRoot()).squareRoot()
    for unit in 0..<stateSize { states[unit] = first * moved[unit] + second * signs[unit] }
    combine(1 / first, parameters, 1 / second, direct.pointer, into: parameters)
  }

  /// The product of a row of cotangents of the states with a vector of their units.
  private func dot(
    _ cotangents: [Storage], row: Int, _ vector: UnsafePointer<Float>
  ) -> Float {
    var (sum, offset): (Float, Int) = (0, 0)
    for (state, part) in zip(cell.states, cotangents) {
      for unit in 0..<state.width {
        sum += part.pointer[row * state.width + unit] * vector[offset + unit]
      }
      offset += state.width
    }
    return sum
  }

  /// target = a x + b y; the target may be x.
  private func combine(
    _ a: Float, _ x: UnsafeMutablePointer<Float>, _ b: Float, _ y: UnsafeMutablePointer<Float>,
    into target: UnsafeMutablePointer<Float>
  ) {
    for column in 0..<columns { target[column] = a * x[column] + b * y[column] }
  }
}
