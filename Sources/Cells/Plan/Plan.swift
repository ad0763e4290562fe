import TensorCore

/// A cell, compiled: the forward pass and, for learning, the way back.
///
/// Printing it shows what is done once, what for all steps at once, and what step by step:
///
/// ```swift
/// print(Plan(CellGraph(GRU(), inputSize: 128, hiddenSize: 256), learns: true))
/// ```
public struct Plan: Sendable {
  /// The cell.
  public let cell: CellGraph
  package let forward: Schedule
  /// Present in a plan for learning.
  package let backward: Backward?

  /// The derivative's schedule, and where the signals that it reads come from.
  package struct Backward: Sendable {
    package let schedule: Schedule
    package let sources: [Derivative.Source]
  }

  /// Compiles a cell. A plan that does not learn keeps nothing of the steps behind it.
  public init(_ cell: CellGraph, learns: Bool) {
    self.init(cell, learns: learns, keepsToUnits: false)
  }

  /// Compiles a cell with a way back that may leave out what the units of the states do to each other.
  init(_ cell: CellGraph, learns: Bool, keepsToUnits: Bool) {
    self.cell = cell
    var recurrence = cell.recurrence.optimized()
    guard learns else {
      forward = Scheduler.schedule(recurrence)
      backward = nil
      return
    }
    let units =
      keepsToUnits
      ? UnitDemand(recurrence, states: cell.states, isStrict: false).map(of: cell.parameters) : nil
    let derivative = cell.derivative(of: recurrence, keepingTo: units)
    recurrence.kept = derivative.sources.compactMap { source in
      if case .forward(let id) = source { id } else { nil }
    }
    forward = Scheduler.schedule(recurrence)
    backward = Backward(
      schedule: Scheduler.schedule(derivative.recurrence.optimized()), sources: derivative.sources)
  }

  /// What a forward pass leaves for the way back.
  package struct Trail {
    let batch: Int
    let steps: Int
    let isReversed: Bool
    let kept: [(view: SignalView, owner: Storage?)]

    /// The bytes that it keeps.
    var byteCount: Int {
      var storages: [ObjectIdentifier: Int] = [:]
      for case (_, let owner?) in kept { storages[ObjectIdentifier(owner)] = owner.count }
      return storages.values.reduce(0, +) * MemoryLayout<Float>.stride
    }
  }

  /// Runs the cell over a sequence; returns the final states, `[B, width]` each.
  package func run(_ arguments: PlanArguments) -> (states: [Storage], trail: Trail) {
    let result = PlanRun.run(forward, arguments)
    let trail = Trail(
      batch: arguments.batch, steps: arguments.steps, isReversed: arguments.isReversed,
      kept: result.kept)
    return (result.states, trail)
  }

  /// Runs the way back: from the cotangents of the output and of the final states to those of the input,
  /// of the initial states (returned), and of the parameters. With a stride, each sample has gradients of
  /// its own, that far behind the ones of the sample before it.
  func runBackward(
    _ trail: Trail, outputCotangent: SignalView, stateCotangents: [UnsafePointer<Float>?],
    inputCotangent: SignalView, parameters: PlanParameters,
    gradients: [UnsafeMutablePointer<Float>], gradientStride: Int = 0,
    segment: PlanRun.Segment = .init(), leavesOuters: Bool = false
  ) -> (states: [Storage], outers: [PlanRun.Outer?]) {
    guard let backward else { preconditionFailure("a plan that does not learn has no way back") }
    var kept = trail.kept.makeIterator()
    let sequences = backward.sources.map { source in
      source == .outputCotangent ? outputCotangent : kept.next()?.view ?? outputCotangent
    }
    return withExtendedLifetime(trail) {
      let results = PlanRun.run(
        backward.schedule,
        PlanArguments(
          batch: trail.batch, steps: trail.steps, isReversed: !trail.isReversed,
          sequences: sequences, outputs: [inputCotangent], initialStates: stateCotangents,
          parameters: parameters, gathered: gradients,
          gatheredStride: gradientStride, segment: segment, leavesOuters: leavesOuters))
      return (results.states, results.outers)
    }
  }
}
