import Cells
import TensorCore
import Training

/// A curve that was drawn, and a small model that learns to go on with it.
///
/// The model reads a number a step and forecasts the next difference. Its residuals on the curve make the fan: each
/// path adds one of them, sampled, to every step that the model forecasts from its own last one.
struct DrawnCurve: Sendable {
  struct Question: Codable, Sendable {
    /// Evenly spaced heights.
    var points: [Double]
    var cell: String?
    var seed: UInt64?
  }

  struct Answer: Codable, Sendable {
    /// What the model said of each point after the first, knowing those before it.
    var fitted: [Double]
    /// The share of paths below each of ``bands``.
    var levels: [Double]
    /// For each level, the height at every step ahead.
    var bands: [[Double]]
    /// Some of the paths.
    var paths: [[Double]]
    /// The typical error of one step on the curve, in its own units.
    var error: Double
    var weights: Int
    var steps: Int
  }

  static let lengths = 30...400
  private static let (units, copies, steps, ahead, pathCount) = (24, 8, 250, 80, 60)
  private static let levels = [0.05, 0.25, 0.5, 0.75, 0.95]
  /// The noise on the copies that it learns from, in standard deviations of the curve: a model that has never seen an
  /// error does not survive its own.
  private static let noise: Float = 0.03

  private let values: [Float]
  private let center: Double
  private let scale: Double
  private var model: CurveModel
  private var generator: Philox

  /// - Throws: `Refusal` or `InvalidSetting` with what is wrong.
  init(_ question: Question) throws {
    let points = question.points
    guard Self.lengths.contains(points.count) else {
      throw Refusal(
        "points: expected \(Self.lengths.lowerBound) to \(Self.lengths.upperBound), found \(points.count)"
      )
    }
    guard points.allSatisfy({ abs($0) < 1e6 }) else {
      throw Refusal("points: expected numbers below 1000000")
    }
    let cell = try Zoo.cell(question.cell ?? "gru")
    try cell.validate(inputSize: 1, hiddenSize: Self.units)
    let cost = CellGraph(cell, inputSize: 1, hiddenSize: Self.units).operationsPerStep
    guard cost <= 200_000 else {
      throw Refusal("\(cell.name): expected at most 200000 operations a step, found \(cost)")
    }
    let (count, mean) = (Double(points.count), points.reduce(0, +) / Double(points.count))
    center = mean
    scale = max(1e-6, (points.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot())
    values = points.map { [scale] in Float(($0 - mean) / scale) }
    generator = Philox(seed: question.seed ?? 1)
    model = CurveModel(cell, units: Self.units, using: &generator)
  }

  /// Learns the curve, and goes on with it.
  ///
  /// - Throws: `Refusal` where the model diverged.
  mutating func answer() throws -> Answer {
    learn()
    let (fitted, state) = fit()
    let residuals = zip(values.dropFirst(), fitted).map { $0 - $1 }
    let paths = continuations(from: state, residuals: residuals)
    let bands = Self.levels.map { level in
      (0..<Self.ahead).map { step in
        let sorted = paths.map { $0[step] }.sorted()
        return number(sorted[Int((level * Double(sorted.count - 1)).rounded())])
      }
    }
    let squares = residuals.reduce(0) { $0 + Double($1 * $1) }
    let answer = Answer(
      fitted: fitted.map(number), levels: Self.levels, bands: bands,
      paths: paths.prefix(5).map { $0.map(number) },
      error: (squares / Double(residuals.count)).squareRoot() * scale,
      weights: model.parameterCount, steps: Self.steps)
    guard (answer.bands + answer.paths).joined().allSatisfy(\.isFinite), answer.error.isFinite
    else {
      throw Refusal("the model diverged on this curve")
    }
    return answer
  }

  private func number(_ value: Float) -> Double { Double(value) * scale + center }

  private mutating func learn() {
    var optimizer: any Optimizer = Adam(learningRate: 0.01)
    let (steps, copies) = (values.count - 1, Self.copies)
    for step in 0..<Self.steps {
      optimizer.learningRate = 0.01 * (1 - 0.95 * Double(step) / Double(Self.steps))
      let noise = Tensor(normal: [steps * copies], using: &generator).scalars
      let inputs = noise.enumerated().map { values[$0 / copies] + Self.noise * $1 }
      let targets = inputs.enumerated().map { values[$0 / copies + 1] - $1 }
      let x = Tensor(inputs, shape: [steps, copies, 1])
      let y = Tensor(targets, shape: [steps, copies, 1])
      let (_, gradients) = valueAndGradient(of: model) { model in
        let difference = model(x).output - y
        return (difference * difference).mean()
      }
      optimizer.update(&model, with: gradients, maximumNorm: 1)
    }
  }

  /// The model's own word on each point after the first, and its state before the last point.
  private func fit() -> (fitted: [Float], state: RecurrentState) {
    let steps = values.count - 1
    let (output, state) = model(Tensor(Array(values.dropLast()), shape: [steps, 1, 1]))
    return (zip(values, output.scalars).map { $0 + $1 }, state)
  }

  private mutating func continuations(
    from state: RecurrentState, residuals: [Float]
  ) -> [[Float]] {
    let count = Self.pathCount
    var state = RecurrentState(
      names: state.names,
      tensors: state.tensors.map { tensor in
        concatenate(Array(repeating: tensor, count: count), along: 1)
      })
    var last = Array(repeating: values[values.count - 1], count: count)
    var paths = Array(repeating: [Float](), count: count)
    // A path that leaves the picture by far has told all that it can.
    let bound = 3 * values.reduce(1) { max($0, abs($1)) }
    for _ in 0..<Self.ahead {
      let (output, after) = model(Tensor(last, shape: [1, count, 1]), from: state)
      state = after
      for (path, change) in output.scalars.enumerated() {
        let error = residuals[Int(generator.next() % UInt64(residuals.count))]
        last[path] = max(-bound, min(bound, last[path] + change + error))
        paths[path].append(last[path])
      }
    }
    return paths
  }
}

/// A recurrent layer that says the next difference of a series.
private struct CurveModel: Module {
  private var recurrent: Recurrent
  private var readout: Linear

  init(_ cell: some RecurrentCell, units: Int, using generator: inout Philox) {
    recurrent = Recurrent(cell, inputSize: 1, hiddenSize: units, using: &generator)
    readout = Linear(inputSize: recurrent.outputSize, outputSize: 1, using: &generator)
  }

  func callAsFunction(
    _ x: Tensor, from state: RecurrentState? = nil
  ) -> (output: Tensor, state: RecurrentState) {
    let (output, after) = recurrent(x, from: state ?? recurrent.zeroState(batch: x.shape[1]))
    return (readout(output), after)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("recurrent", &recurrent)
    visitor.visit("readout", &readout)
  }
}

/// Answers one drawn curve after the other, so that many of them take no more than one core.
actor Forecaster {
  func answer(_ question: DrawnCurve.Question) throws -> DrawnCurve.Answer {
    var curve = try DrawnCurve(question)
    return try curve.answer()
  }
}
