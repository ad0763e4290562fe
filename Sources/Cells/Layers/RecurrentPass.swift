import Requirements
import TensorCore

/// One forward pass of a recurrent layer over a sequence, and the activations saved for the backward pass.
///
/// Between layers signals are time first, `[T, B, units]`; the layer's own input and output are read
/// and written in their layout, in place. Samples of different lengths are run as a packed batch: see ``PackedSamples``.
final class RecurrentPass {
  let layer: Recurrent
  /// The samples that are run, in their order, if there is padding.
  let packing: PackedSamples?
  /// The steps and samples that are run.
  let steps: Int
  let batch: Int
  /// The input of the first layer until the last has run. What the backward pass reads of it, the trails hold.
  private var input: Tensor?
  let inputShape: [Int]
  private let marks: StepMarks
  private let reversedResets: Storage?
  private let masks: RandomMasks?
  private let mode: PassMode
  private let states: StateKeeping
  /// Whether the layer is one cell in one direction.
  private let isAlone: Bool
  /// The saved activations of each direction of each layer.
  private(set) var trails: [Plan.Trail] = []
  /// The outputs of each direction, layer by layer, if the backward pass of their merge reads them.
  var parts: [[Storage]] = []
  /// The input of each layer but the first.
  private var between: [Storage] = []

  private(set) var output: Tensor
  private(set) var finalStates: [Tensor]
  /// The shapes of the states of the samples that are run.
  private let stateShapes: [[Int]]

  /// A pass over a sequence in the layer's layout.
  convenience init(
    _ layer: Recurrent, _ x: Tensor, _ initialStates: [Tensor], _ marks: StepMarks,
    masks: RandomMasks? = nil, _ mode: PassMode, keeping states: StateKeeping = .everyStep,
    padding: PaddedSteps = .skipped(.packed)
  ) {
    let (steps, batch) = (layer.steps(of: x), layer.batch(of: x))
    let marks = padding == .masked ? marks : marks.withoutWholeValidity(steps: steps, batch: batch)
    guard let packing = PackedSamples(marks, steps: steps, batch: batch, padding) else {
      self.init(
        layer, marks.withoutPadding(x.detached(), timeAxis: layer.timeAxis), steps: steps,
        batch: batch, initialStates, marks, masks: masks, mode, states)
      return
    }
    self.init(
      layer, packing.packed(x, layer.layout), steps: max(1, packing.rows.steps),
      batch: packing.rows.batch, initialStates.map { packing.part(ofState: $0) },
      packing.marks(marks), masks: masks.map { packing.masks($0) }, mode, states, packing)
    output = packing.unpacked(output, layer.layout)
    finalStates = zip(finalStates, initialStates).enumerated().map { number, states in
      packing.states(states.0, others: states.1, of: layer, state: number)
    }
  }

  private init(
    _ layer: Recurrent, _ x: Tensor, steps: Int, batch: Int, _ initialStates: [Tensor],
    _ marks: StepMarks, masks: RandomMasks?, _ mode: PassMode, _ states: StateKeeping,
    _ packing: PackedSamples? = nil
  ) {
    self.layer = layer
    self.packing = packing
    self.states = states
    self.marks = marks
    self.masks = masks
    self.mode = mode
    (self.steps, self.batch) = (steps, batch)
    reversedResets =
      layer.direction == .forward
      ? nil : packing.map { $0.reversed(marks.resets) } ?? marks.reversedResets(batch: batch)
    (input, inputShape) = (x, x.shape)
    stateShapes = initialStates.map(\.shape)
    let structure = layer.structure
    var shape = x.shape
    if shape.last != structure.outputSize { shape[shape.count - 1] = structure.outputSize }
    output = Tensor(uninitialized: shape)
    isAlone = structure.plans.count == 1
    finalStates = isAlone ? [] : stateShapes.map { layer.emptyState($0) }
    for index in 0..<structure.layers { runLayer(index, initialStates) }
    input = nil
  }

  // MARK: Forward

  private func runLayer(_ index: Int, _ initialStates: [Tensor]) {
    let target: Area
    if index == layer.layers - 1 {
      target = view(of: output)
    } else {
      let width = layer.outputSize(ofLayer: index)
      between.append(Storage(count: rowCount * width))
      target = timeFirst(Floats(between[index]), width)
    }
    let directions = layer.direction.count
    let outputs = (0..<directions).map { part(of: target, $0, index) }
    let results = inDirections { direction in
      run(index * directions + direction, initialStates, into: outputs[direction])
    }
    for (direction, result) in results.enumerated() {
      keep(result, index * directions + direction, initialStates)
    }
    merge(index, into: target)
  }

  /// Runs one direction of one layer.
  private func run(
    _ place: Int, _ initialStates: [Tensor], into output: Area
  ) -> (states: [Storage], trail: Plan.Trail) {
    let plan = plan(place)
    let arguments = PlanArguments(
      batch: batch, steps: steps, isReversed: layer.isReversed(place), rows: packing?.rows,
      parameters: parameters(place), states: states)
    return plan.run(
      arguments,
      ForwardSignals(
        pass: self, plan: plan, place: place, output: output, initialStates: initialStates))
  }

  private func keep(
    _ result: (states: [Storage], trail: Plan.Trail), _ place: Int, _ initialStates: [Tensor]
  ) {
    if mode != .inference { trails.append(result.trail) }
    if isAlone {
      finalStates = zip(result.states, initialStates).map { Tensor(storage: $0, shape: $1.shape) }
    } else {
      for (state, storage) in result.states.enumerated() {
        layer.set(Floats(storage), in: &finalStates[state], batch: batch, state: state, place)
      }
    }
  }

  /// The plan of one direction of one layer.
  func plan(_ place: Int) -> Plan {
    let signals = WrappedCell.Signals(
      isRandom: masks != nil, hasLengths: marks.validity != nil, hasResets: marks.resets != nil)
    return layer.plans[place].plan(.init(signals: signals, mode: mode))
  }

  /// The weights of one direction of one layer, followed by their masks.
  func parameters(_ place: Int) -> PlanParameters {
    let weights = layer.weights[place]
    return PlanParameters(
      masks.map { weights + $0.weights[place] } ?? weights, cache: layer.caches[place])
  }

  /// The signals of one direction of a layer.
  private struct ForwardSignals: PlanSignals {
    let pass: RecurrentPass
    let plan: Plan
    let place: Int
    let output: Area
    let initialStates: [Tensor]

    func sequence(_ index: Int) -> Area { pass.sequence(index, of: plan, place) }
    func output(_ index: Int) -> Area { output }
    func initialState(_ index: Int) -> Floats? {
      pass.layer.part(of: initialStates[index], batch: pass.batch, state: index, place)
    }
    func gathered(_ index: Int) -> Floats { failure("a forward pass gathers nothing") }
  }

  /// An external signal of one direction of a layer.
  private func sequence(_ index: Int, of plan: Plan, _ place: Int) -> Area {
    let layerIndex = place / layer.direction.count
    let cell = plan.cell
    switch cell.sequences[index].role {
    case .input:
      if layerIndex > 0 {
        return timeFirst(Floats(between[layerIndex - 1]), layer.inputSize(ofLayer: layerIndex))
      }
      guard let input else { failure("a pass reads its input forwards alone") }
      return strided(input.elements, layer.inputSize)
    case .mask(let mask):
      let number = cell.sequences[..<index].count {
        if case .mask = $0.role { true } else { false }
      }
      guard let values = masks?.signals[place][number] else {
        failure("sequence \(index) of the cell has no mask")
      }
      var view = timeFirst(values.elements, cell.sequences[index].width)
      if mask.lifetime == .sequence { (view.timeStride, view.rows) = (0, nil) }
      return view
    case .validity: return marks.validity.map { timeFirst(Floats($0), 1) } ?? missing
    case .resets:
      let resets = layer.isReversed(place) ? reversedResets : marks.resets
      return resets.map { timeFirst(Floats($0), 1) } ?? missing
    }
  }

  private var missing: Area { failure("a plan that reads marks, for a pass without them") }

  // MARK: Backward

  /// Maps the cotangents of the output and of each final state to those of the input, each initial state and
  /// each parameter.
  func pullBack(_ cotangents: [Tensor?], _ input: InputCotangent) -> [Tensor?] {
    var segment = LayerSegment(of: layer)
    return pullBack(cotangents, &segment, input) + segment.gradients.flatMap { $0 }
  }

  /// Adds to the cotangents of the input, each initial state and each parameter what those of the output and of each
  /// final state give. The parameters' gradients of a layer are complete before those of the layer below are computed.
  func pullBack(_ cotangents: [Tensor?], to inputs: inout TensorCore.Cotangents) {
    var segment = LayerSegment(of: layer)
    let directions = layer.direction.count
    let counts = layer.weights.map(\.count)
    let input = InputCotangent(isTracked: inputs.isTracked(0))
    let others = pullBack(cotangents, &segment, input) { index, gradients in
      for place in index * directions..<(index + 1) * directions {
        let first = counts[..<place].reduce(1 + finalStates.count, +)
        for (number, gradient) in gradients[place].enumerated() {
          inputs.add(gradient, to: first + number)
          inputs.finish(first + number)
        }
      }
    }
    for (index, contribution) in others.enumerated() {
      if let contribution { inputs.add(contribution, to: index) }
    }
  }

  /// The same for one segment of a sequence: to the input and the initial states; the parameters'
  /// gradients are added up in the segment.
  ///
  /// - Parameter finished: called with each layer and the gradients by layer and direction, of which the layer's are
  ///   complete; the last layer comes first.
  func pullBack(
    _ cotangents: [Tensor?], _ segment: inout LayerSegment, _ input: InputCotangent,
    finished: (_ layer: Int, _ gradients: [[Tensor]]) -> Void = { _, _ in }
  ) -> [Tensor?] {
    guard let packing else { return pullBackRows(cotangents, &segment, input, finished: finished) }
    let packed =
      [cotangents[0].map { packing.packed($0, layer.layout) }]
      + cotangents.dropFirst().map { $0.map { packing.part(ofState: $0) } }
    let results = pullBackRows(packed, &segment, input, finished: finished)
    return results.enumerated().map { number, result in
      guard number > 0 else { return result.map { packing.unpacked($0, layer.layout) } }
      // A sample without a step ends with the state that it started from.
      return result.map {
        packing.states($0, others: cotangents[number], of: layer, state: number - 1)
      }
    }
  }

  /// The same for the rows that are run.
  private func pullBackRows(
    _ cotangents: [Tensor?], _ segment: inout LayerSegment, _ input: InputCotangent,
    finished: (_ layer: Int, _ gradients: [[Tensor]]) -> Void
  ) -> [Tensor?] {
    let inputCotangent = input == .computed ? Tensor(uninitialized: inputShape) : nil
    var stateCotangents = isAlone ? [] : stateShapes.map { layer.emptyState($0) }
    var downstream =
      cotangents[0].map { strided($0.elements, layer.outputSize) }
      ?? Area(Floats(Storage(repeating: 0, count: layer.outputSize)), rowStride: 0)
    for index in (0..<layer.layers).reversed() {
      let target =
        index > 0
        ? newSignal(layer.inputSize(ofLayer: index)) : inputCotangent.map { view(of: $0) }
      pullBack(
        layer: index, from: downstream, to: target, cotangents, &stateCotangents, &segment)
      finished(index, segment.gradients)
      if let target { downstream = target }
    }
    var result: [Tensor?] = [inputCotangent]
    for cotangent in stateCotangents { result.append(cotangent) }
    return result
  }

  private func pullBack(
    layer index: Int, from outputCotangent: Area, to inputCotangent: Area?,
    _ cotangents: [Tensor?], _ stateCotangents: inout [Tensor], _ segment: inout LayerSegment
  ) {
    let directions = layer.direction.count
    let width = layer.inputSize(ofLayer: index)
    let gradients = (0..<directions).map { segment.writableGradients(index * directions + $0) }
    let whole = segment
    let results = inDirections { direction in
      let place = index * directions + direction
      let finals = cotangents.dropFirst().enumerated().map { state, cotangent in
        cotangent.map { layer.part(of: $0, batch: batch, state: state, place) }
      }
      let target = inputCotangent.map { direction == 0 ? $0 : newSignal(width) }
      let result = trails[place].runBackward(
        outputCotangent: unmerge(outputCotangent, index, direction), stateCotangents: finals,
        inputCotangent: target, parameters: parameters(place), gradients: gradients[direction],
        segment: whole.part(place))
      return (states: result.states, target: target)
    }
    for (direction, result) in results.enumerated() {
      let place = index * directions + direction
      if isAlone {
        stateCotangents = zip(result.states, stateShapes).map { Tensor(storage: $0, shape: $1) }
      } else {
        for (state, storage) in result.states.enumerated() {
          layer.set(Floats(storage), in: &stateCotangents[state], batch: batch, state: state, place)
        }
      }
      if direction > 0, let inputCotangent, let target = result.target {
        combine(MergePrograms.sum, width, [inputCotangent, target, inputCotangent])
      }
    }
  }

  // MARK: Views

  /// The rows that have memory.
  var rowCount: Int { packing?.rows.rowCount ?? steps * batch }

  func timeFirst(_ memory: Floats, _ width: Int) -> Area {
    var area = Area(memory, timeStride: batch * width, rowStride: width)
    area.rows = packing?.rows
    return area
  }

  /// A signal in new memory, time first.
  func newSignal(_ width: Int) -> Area {
    timeFirst(Floats(Storage(count: rowCount * width)), width)
  }

  /// A signal in the layer's layout.
  func strided(_ memory: Floats, _ width: Int) -> Area {
    packing != nil || layer.layout == .timeFirst
      ? timeFirst(memory, width) : Area(memory, timeStride: width, rowStride: steps * width)
  }

  /// The signal of a tensor in the layer's layout.
  func view(of tensor: Tensor) -> Area { strided(tensor.elements, tensor.shape[tensor.rank - 1]) }
}
