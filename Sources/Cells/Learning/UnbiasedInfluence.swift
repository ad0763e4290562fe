import TensorCore

/// For each sample the product of two vectors, `s̃ θ̃ᵀ`, whose mean over random signs is the influence matrix.
///
///     s̃' = ρ₀ A s̃ + ρ₁ ν        θ̃' = θ̃ / ρ₀ + νᵀI / ρ₁        ν uniform from {±1}
///     ρ₀² = ‖θ̃‖ / ‖A s̃‖          ρ₁² = ‖νᵀI‖ / ‖ν‖
///
/// Memory: S + P floats for each sample; a step costs one backward step of S rows.
///
/// Paper: C. Tallec and Y. Ollivier, Unbiased online recurrent optimization, ICLR 2018.
struct UnbiasedInfluence: Influence {
  private let cell: CellGraph
  /// Row k holds the random sign of state unit k in column k.
  private let rows: CotangentRows
  private let lossRow: CotangentRows
  private let signs: @Sendable (_ index: Int) -> Float
  var signCount = 0
  private let stateSize: Int
  private let parameterSize: Int
  private let columns: Int
  private var stateVectors: [Storage]
  private var parameterVectors: [Storage]
  private let loss: Storage
  private let direct: Storage

  /// `signs` returns the random signs, 1 or -1, by index.
  init(
    _ cell: CellGraph, batch: Int, learnsInitialState: Bool,
    signs: @escaping @Sendable (_ index: Int) -> Float
  ) {
    self.cell = cell
    self.signs = signs
    rows = CotangentRows(oneHot: cell, steps: 1)
    lossRow = CotangentRows(zeros: 1, steps: 1, cell)
    (stateSize, parameterSize) = (cell.stateSize, cell.parameterCount)
    let columns = parameterSize + (learnsInitialState ? stateSize : 0)
    self.columns = columns
    stateVectors = (0..<batch).map { _ in Storage(repeating: 0, count: cell.stateSize) }
    parameterVectors = (0..<batch).map { _ in Storage(repeating: 0, count: columns) }
    loss = Storage(repeating: 0, count: columns)
    direct = Storage(repeating: 0, count: columns)
    for sample in 0..<batch { reset(sample: sample) }
  }

  var size: Int { stateVectors.count * (stateSize + columns) + 2 * columns }

  var savedArrays: [Storage] { stateVectors + parameterVectors }

  mutating func reset(sample: Int) {
    let (states, parameters) = (stateVectors[sample], parameterVectors[sample])
    states.fill(0..<stateSize, with: 0)
    parameters.fill(0..<columns, with: 0)
    // The identity is the mean of ν νᵀ.
    for unit in 0..<columns - parameterSize {
      states[unit] = nextSign()
      parameters[parameterSize + unit] = states[unit]
    }
  }

  private mutating func nextSign() -> Float {
    signCount += 1
    return signs(signCount - 1)
  }

  mutating func advance(
    _ window: EvaluatedWindow, sample: Int, outputs: Area?, into gradient: GradientSums,
    inputs: Area?
  ) {
    var gradient = gradient
    let (states, parameters) = (stateVectors[sample], parameterVectors[sample])
    for step in 0..<window.steps {
      lossRow.setLoss(outputs, from: step)
      loss.fill(0..<columns, with: 0)
      let byState = window.pullBack(
        lossRow, from: step, into: Floats(loss), stride: columns
      ).states
      let factor = products(of: byState, with: states, rows: 1)[0]
      combine(1, loss, factor, parameters, into: loss)
      gradient.take(Floats(loss))
      gradient.hasValues = true
      if let inputs { lossRow.copyLossOfInput(to: inputs, from: step) }
      advanceVectors(window, step: step, sample: sample, states, parameters)
    }
  }

  /// Replaces the two vectors of a sample by those after a step.
  private mutating func advanceVectors(
    _ window: EvaluatedWindow, step: Int, sample: Int, _ states: Storage, _ parameters: Storage
  ) {
    let signs = (0..<stateSize).map { _ in nextSign() }
    rows.setDiagonal(signs, cell)
    // Summed over the rows, which have one sign each, the parameters' cotangents are νᵀI.
    let factors = window.pullBack(
      rows, from: step, into: Floats(direct), stride: 0
    ).states
    let byRow = products(of: factors, with: states, rows: stateSize)
    let moved = Storage(count: stateSize) { signs[$0] * byRow[$0] }
    func norm(_ x: Storage) -> Float {
      Float(sumOfSquares(Floats(x), count: x.count).squareRoot()) + 1e-7
    }
    let first = (norm(parameters) / norm(moved)).squareRoot()
    let second = (norm(direct) / Float(stateSize).squareRoot()).squareRoot()
    for unit in 0..<stateSize { states[unit] = first * moved[unit] + second * signs[unit] }
    combine(1 / first, parameters, 1 / second, direct, into: parameters)
  }

  /// The products of rows of cotangents of the states with a vector of their units.
  private func products(of cotangents: [Storage], with vector: Storage, rows: Int) -> [Float] {
    let vector = Floats(vector).array(stateSize)
    let cotangents = zip(cell.states, cotangents).map { Floats($1).array(rows * $0.width) }
    return (0..<rows).map { row in
      var (sum, offset): (Float, Int) = (0, 0)
      for (state, part) in zip(cell.states, cotangents) {
        for unit in 0..<state.width {
          sum += part[row * state.width + unit] * vector[offset + unit]
        }
        offset += state.width
      }
      return sum
    }
  }

  /// target = a x + b y, over the columns; the target may be x.
  private func combine(
    _ a: Float, _ x: Storage, _ b: Float, _ y: Storage, into target: Storage
  ) {
    let factors = Storage(count: 2) { $0 == 0 ? a : b }
    Self.combination.run(
      [
        ElementwiseOperand(Floats(factors), rowStride: 0, columnStride: 0),
        ElementwiseOperand(Floats(x), rowStride: 0),
        ElementwiseOperand(Floats(factors, offset: 1), rowStride: 0, columnStride: 0),
        ElementwiseOperand(Floats(y), rowStride: 0),
        ElementwiseOperand(Floats(target), rowStride: 0),
      ], rows: 1, width: columns)
  }

  private static let combination = ElementwiseProgram(
    operands: 4, .operand(0) * .operand(1) + .operand(2) * .operand(3))
}
