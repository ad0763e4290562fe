import Requirements
import TensorCore

/// A cell, compiled: the forward pass and, for learning, the backward pass.
///
/// Printing it shows the work done once, for all steps at once, and step by step:
///
/// ```swift
/// print(Plan(CellGraph(GRU(), inputSize: 128, hiddenSize: 256), learns: true))
/// ```
public struct Plan: Sendable {
  fileprivate let content: Content

  /// A schedule of the derivative.
  struct Backward: Sendable {
    let schedule: RunnableSchedule
    /// Where the signals that it reads come from.
    let sources: [Derivative.Source]
    /// How it can compute states of matrices again.
    let recomputation: Recomputation?

    fileprivate init(
      _ recurrence: Recurrence, _ sources: [Derivative.Source], _ forward: RunnableSchedule
    ) {
      schedule = RunnableSchedule(Scheduler.schedule(recurrence.optimized()))
      self.sources = sources
      recomputation = Recomputation(forward, schedule, sources)
    }
  }

  fileprivate final class Content: Sendable {
    let cell: CellGraph
    let forward: RunnableSchedule
    let backward: Backward?
    private let derivative: Derivative?
    private let withoutInput = Guarded<Backward?>(nil)

    init(_ cell: CellGraph, _ forward: Schedule, _ derivative: Derivative? = nil) {
      self.cell = cell
      self.derivative = derivative
      self.forward = RunnableSchedule(forward)
      backward = derivative.map { [forward = self.forward] in
        Backward($0.recurrence, $0.sources, forward)
      }
    }

    /// The derivative's schedule without the products that lead to the input's cotangent alone; made when first
    /// asked for.
    var backwardWithoutInput: Backward? {
      withoutInput.withLock { known in
        if let known { return known }
        guard let derivative else { return nil }
        var recurrence = derivative.recurrence
        recurrence.outputs = []
        let backward = Backward(recurrence, derivative.sources, forward)
        known = backward
        return backward
      }
    }
  }

  /// The cell.
  public var cell: CellGraph { content.cell }
  package var forward: Schedule { content.forward.schedule }
  /// The derivative's schedule, and where the signals that it reads come from, in a plan for learning.
  package var backward: (schedule: Schedule, sources: [Derivative.Source])? {
    content.backward.map { ($0.schedule.schedule, $0.sources) }
  }
  /// The same in the form that runs.
  var forwardSchedule: RunnableSchedule { content.forward }
  var backwardSchedule: Backward? { content.backward }
  /// How the backward pass can compute states of matrices again.
  var recomputation: Recomputation? { content.backward?.recomputation }

  /// Compiles a cell. A plan that does not learn saves no activations.
  public init(_ cell: CellGraph, learns: Bool) {
    self.init(cell, PassMode(isTracked: learns))
  }

  /// Compiles a cell for passes of a mode.
  init(_ cell: CellGraph, _ mode: PassMode) {
    var recurrence = cell.recurrence.optimized()
    guard mode != .inference else {
      content = Content(cell, Scheduler.schedule(recurrence))
      return
    }
    let units =
      mode == .learningWithinUnits
      ? UnitDemand(recurrence, states: cell.states, mixing: .ignored).map(of: cell.parameters)
      : nil
    let derivative = cell.derivative(of: recurrence, keepingTo: units)
    recurrence.kept = derivative.sources.compactMap { source in
      if case .forward(let id) = source { id } else { nil }
    }
    content = Content(cell, Scheduler.schedule(recurrence), derivative)
  }

  /// The activations that a forward pass saves for the backward pass.
  package final class Trail {
    let plan: Plan
    let batch: Int
    let steps: Int
    let isReversed: Bool
    /// The rows of samples of different lengths; nil if all have all steps.
    let rows: StepRows?
    /// The signals that the backward pass reads.
    let kept: [Area]
    /// The memory of those that are not the caller's.
    let memory: Storage?
    /// Where matrices are not kept at every step: those that are.
    let spaced: SpacedStates?

    init(
      plan: Plan, batch: Int, steps: Int, isReversed: Bool, rows: StepRows? = nil, kept: [Area],
      memory: Storage?, spaced: SpacedStates? = nil
    ) {
      (self.plan, self.batch, self.steps, self.isReversed) = (plan, batch, steps, isReversed)
      (self.rows, self.kept, self.memory, self.spaced) = (rows, kept, memory, spaced)
    }

    /// The bytes saved, besides the caller's signals.
    var byteCount: Int {
      (memory?.count ?? 0) * MemoryLayout<Float>.stride + (spaced?.byteCount ?? 0)
    }
  }

  /// Runs the cell over a sequence; returns the final states, `[B, width]` each.
  func run(
    _ arguments: borrowing PlanArguments, _ signals: some PlanSignals
  ) -> (states: [Storage], trail: Trail) {
    let result = PlanRun.run(content.forward, arguments, signals, recomputation)
    let trail = Trail(
      plan: self, batch: arguments.batch, steps: arguments.steps, isReversed: arguments.isReversed,
      rows: arguments.rows, kept: result.kept, memory: result.memory, spaced: result.spaced)
    return (result.states, trail)
  }
}

extension PlanRun {
  /// The activations saved by a run of single steps.
  func trail(of plan: Plan) -> Plan.Trail {
    Plan.Trail(
      plan: plan, batch: memory.batch, steps: memory.steps, isReversed: memory.isReversed,
      kept: schedule.kept.map { memory.part($0) }, memory: memory.kept)
  }
}

extension Plan.Trail {
  /// Runs the backward pass: from the cotangents of the output and of the final states to those of the input,
  /// of the initial states (returned), and of the parameters. Without an area for the input's cotangent that is not
  /// computed. With a stride, each sample has gradients of its own, that many floats after those of the sample before
  /// it.
  func runBackward(
    outputCotangent: Area, stateCotangents: [Floats?], inputCotangent: Area?,
    parameters: PlanParameters, gradients: [Floats], gradientStride: Int = 0,
    segment: PlanRun.Segment = .init(), returnsOuterFactors: Bool = false
  ) -> PlanRun.Results {
    guard let whole = plan.backwardSchedule else {
      failure("a plan that does not learn has no backward pass")
    }
    let withoutInput = inputCotangent == nil ? backwardWithoutInput() : nil
    let backward = withoutInput?.backward ?? whole
    return PlanRun.run(
      backward.schedule,
      PlanArguments(
        batch: batch, steps: steps, isReversed: !isReversed, rows: rows, parameters: parameters,
        gatheredStride: gradientStride, segment: segment,
        returnsOuterFactors: returnsOuterFactors, spaced: withoutInput?.spaced ?? spaced),
      BackwardSignals(
        trail: self, sources: backward.sources, outputCotangent: outputCotangent,
        inputCotangent: inputCotangent ?? (withoutInput == nil ? unreadInput : outputCotangent),
        stateCotangents: stateCotangents, gradients: gradients))
  }

  /// The backward pass that leaves out the input's cotangent, with the states that it computes again; nil where it would
  /// need other states than were kept for that.
  func backwardWithoutInput() -> (backward: Plan.Backward, spaced: SpacedStates?)? {
    guard let backward = plan.content.backwardWithoutInput else { return nil }
    guard let spaced else { return (backward, nil) }
    guard let states = backward.recomputation.flatMap(spaced.computed(by:)) else { return nil }
    return (backward, states)
  }

  /// Memory for a cotangent of the input that nobody reads.
  private var unreadInput: Area {
    let width = plan.cell.inputSize
    return Area(
      Floats(Storage(count: steps * batch * width)), timeStride: batch * width, rowStride: width)
  }
}
