import Requirements
import TensorCore

/// One forward pass of a recurrent layer over a sequence, and the activations saved for the backward pass.
///
/// Between layers signals are time first, `[T, B, units]`; the layer's own input and output are read
/// and written in their layout, in place. A single step has no axis of time and no axis of layers, if the caller
/// likes: `[B, units]`.
final class RecurrentPass {
  let layer: Recurrent
  let steps: Int
  let batch: Int
  let input: Tensor
  private let marks: StepMarks
  private let reversedResets: Storage?
  private let masks: RandomMasks?
  private let mode: PassMode
  /// The saved activations of each direction of each layer.
  private(set) var trails: [Plan.Trail] = []
  /// The outputs of each direction, layer by layer, where merging them reads them again.
  private var parts: [[Storage]] = []
  /// The input of each layer but the first.
  private var between: [Storage] = []

  private(set) var output: Tensor
  private(set) var finalStates: [Tensor]

  /// A pass over a sequence in the layer's layout.
  convenience init(
    _ layer: Recurrent, _ x: Tensor, _ initialStates: [Tensor], _ marks: StepMarks,
    masks: RandomMasks? = nil, _ mode: PassMode
  ) {
    self.init(
      layer, x, steps: layer.steps(of: x), batch: layer.batch(of: x), initialStates, marks,
      masks: masks, mode)
  }

  /// A pass over one step of a layer that is one cell: the input and the states are `[B, units]`.
  convenience init(
    oneStepOf layer: Recurrent, _ x: Tensor, _ states: [Tensor], _ mode: PassMode
  ) {
    self.init(
      layer, x, steps: 1, batch: x.shape[0], states, StepMarks(), masks: nil, mode)
  }

  private init(
    _ layer: Recurrent, _ x: Tensor, steps: Int, batch: Int, _ initialStates: [Tensor],
    _ marks: StepMarks, masks: RandomMasks?, _ mode: PassMode
  ) {
    self.layer = layer
    self.marks = marks
    self.masks = masks
    self.mode = mode
    (self.steps, self.batch) = (steps, batch)
    reversedResets = layer.direction == .forward ? nil : marks.reversedResets(batch: batch)
    input = marks.withoutPadding(x.detached(), timeAxis: layer.timeAxis)
    var shape = x.shape
    shape[shape.count - 1] = layer.outputSize
    output = Tensor(uninitialized: shape) { _ in }
    finalStates = initialStates
    if layer.plans.count > 1 { finalStates = initialStates.map { layer.emptyState(like: $0) } }
    for index in 0..<layer.layers { runLayer(index, initialStates) }
  }

  // MARK: Forward

  private func runLayer(_ index: Int, _ initialStates: [Tensor]) {
    let target: Area
    if index == layer.layers - 1 {
      target = view(of: &output)
    } else {
      let width = layer.outputSize(ofLayer: index)
      between.append(Storage(count: steps * batch * width))
      target = timeFirst(between[index].pointer, width)
    }
    for direction in 0..<layer.direction.count {
      let output = part(of: target, direction, index)
      run(index * layer.direction.count + direction, initialStates, into: output)
    }
    merge(index, into: target)
  }

  /// Runs one direction of one layer.
  private func run(_ place: Int, _ initialStates: [Tensor], into output: Area) {
    let plan = plan(place)
    var owners: [Storage] = []
    let starts = initialStates.indices.map { state -> UnsafePointer<Float>? in
      let (pointer, owner) = layer.part(
        of: initialStates[state], batch: batch, state: state, place)
      if let owner { owners.append(owner) }
      return pointer
    }
    let isAlone = layer.plans.count == 1
    var arguments = PlanArguments(
      batch: batch, steps: steps, isReversed: layer.isReversed(place),
      sequences: plan.cell.sequences.indices.map { sequence($0, of: plan, place) },
      outputs: [output], initialStates: starts, parameters: parameters(place))
    if isAlone, steps == 1 { arguments.outputStorage = self.output.storage }
    let (states, trail) = plan.run(arguments)
    withExtendedLifetime(owners) {}
    if mode != .inference { trails.append(trail) }
    for (state, storage) in states.enumerated() {
      if isAlone {
        finalStates[state] = Tensor(storage: storage, shape: finalStates[state].shape)
      } else {
        layer.set(storage, in: &finalStates[state], batch: batch, state: state, place)
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

  /// A signal that one direction of a layer reads from outside.
  private func sequence(_ index: Int, of plan: Plan, _ place: Int) -> Area {
    let layerIndex = place / layer.direction.count
    let cell = plan.cell
    switch cell.sequences[index].role {
    case .input:
      return layerIndex == 0
        ? strided(input.readPointer, layer.inputSize)
        : timeFirst(between[layerIndex - 1].pointer, layer.inputSize(ofLayer: layerIndex))
    case .mask(let mask):
      let number = cell.sequences[..<index].count {
        if case .mask = $0.role { true } else { false }
      }
      guard let values = masks?.signals[place][number] else {
        failure("a mask that was not drawn")
      }
      var view = timeFirst(values.storage.pointer, cell.sequences[index].width)
      if mask.lifetime == .sequence { view.timeStride = 0 }
      return view
    case .validity: return marks.validity.map { timeFirst($0.pointer, 1) } ?? nowhere
    case .resets:
      let resets = layer.isReversed(place) ? reversedResets : marks.resets
      return resets.map { timeFirst($0.pointer, 1) } ?? nowhere
    }
  }

  private var nowhere: Area { failure("a plan for marks that there are not") }

  // MARK: Merging directions

  /// Where one direction writes its output: its columns of the merged one, or memory of its own.
  private func part(
    of target: Area, _ direction: Int, _ index: Int
  ) -> Area {
    let size = layer.cell(ofLayer: index).outputSize
    switch layer.direction {
    case .forward, .reverse: return target
    case .bidirectional(.concatenate):
      return Area(
        target.base + direction * size, timeStride: target.timeStride,
        rowStride: target.rowStride)
    case .bidirectional:
      if direction == 0 { parts.append([]) }
      parts[index].append(Storage(count: steps * batch * size))
      return timeFirst(parts[index][direction].pointer, size)
    }
  }

  private func merge(_ index: Int, into target: Area) {
    guard parts.count > index, parts[index].count == 2,
      case .bidirectional(let merge) = layer.direction
    else { return }
    let width = layer.cell(ofLayer: index).outputSize
    let program = merge == .product ? MergePrograms.product : MergePrograms.sum
    let scale: Float = merge == .mean ? 0.5 : 1
    combine(program, scale, width, parts[index].map { timeFirst($0.pointer, width) } + [target])
  }

  /// The cotangents of the two directions' outputs.
  private func unmerge(_ cotangent: Area, _ index: Int) -> [(Area, owner: Storage?)] {
    let size = layer.cell(ofLayer: index).outputSize
    switch layer.direction {
    case .forward, .reverse: return [(cotangent, nil)]
    case .bidirectional(.concatenate):
      return (0..<2).map { direction in
        (
          Area(
            cotangent.base + direction * size, timeStride: cotangent.timeStride,
            rowStride: cotangent.rowStride), nil
        )
      }
    case .bidirectional(.sum): return [(cotangent, nil), (cotangent, nil)]
    case .bidirectional(let merge):
      return (0..<2).map { direction in
        let storage = Storage(count: steps * batch * size)
        let target = timeFirst(storage.pointer, size)
        let other = timeFirst(parts[index][1 - direction].pointer, size)
        if merge == .product {
          combine(MergePrograms.product, 1, size, [cotangent, other, target])
        } else {
          combine(MergePrograms.half, 1, size, [cotangent, cotangent, target])
        }
        return (target, storage)
      }
    }
  }

  /// Runs a program of two operands and a scale over every step.
  private func combine(
    _ program: ElementwiseProgram, _ scale: Float, _ width: Int, _ signals: [Area]
  ) {
    withUnsafeTemporaryAllocation(of: ElementwiseOperand.self, capacity: 4) { operands in
      var scale = scale
      withUnsafeMutablePointer(to: &scale) { scale in
        for step in 0..<steps {
          for (index, signal) in signals.enumerated() {
            operands.initializeElement(
              at: index,
              to: ElementwiseOperand(
                signal.base + step * signal.timeStride, rowStride: signal.rowStride))
          }
          operands.initializeElement(
            at: 3, to: ElementwiseOperand(scale, rowStride: 0, columnStride: 0))
          guard let base = operands.baseAddress else { return }
          program.run(operands: base, rows: batch, width: width)
        }
      }
    }
  }

  // MARK: Backward

  /// Maps the cotangents of the output and of each final state to those of the input, each initial state and
  /// each parameter.
  var pullback: ([Tensor?]) -> [Tensor?] {
    { cotangents in
      var segment = LayerSegment(of: self.layer)
      return self.pullBack(cotangents, &segment) + segment.gradients.flatMap { $0 }
    }
  }

  /// The same, added to what other steps of a loop have found. Where every gradient is a plain sum, the parameters'
  /// are added up in place.
  func pullBack(_ cotangents: [Tensor?], into inputs: inout TensorCore.Cotangents) {
    let first = 1 + finalStates.count
    let shapes = layer.weights.flatMap { $0.map(\.shape) }
    var others: [Tensor?] = []
    if layer.plans.count == 1, plan(0).addsUpGradients {
      inputs.accumulate(to: first..<first + shapes.count, shapes: shapes) { sums, haveValues in
        var segment = LayerSegment(adding: &sums, haveValues: haveValues)
        others = pullBack(cotangents, &segment)
        sums = segment.gradients[0]
      }
    } else {
      var segment = LayerSegment(of: layer)
      others = pullBack(cotangents, &segment) + segment.gradients.flatMap { $0 }
    }
    for (index, contribution) in others.enumerated() {
      if let contribution { inputs.add(contribution, to: index) }
    }
  }

  /// The same for one segment of a sequence: to the input and the initial states; the parameters'
  /// gradients are added up in the segment.
  func pullBack(_ cotangents: [Tensor?], _ segment: inout LayerSegment) -> [Tensor?] {
    var inputCotangent = Tensor(uninitialized: input.shape) { _ in }
    var stateCotangents = finalStates
    if layer.plans.count > 1 { stateCotangents = finalStates.map { layer.emptyState(like: $0) } }
    let zeros = Storage(count: layer.outputSize)
    zeros.pointer.update(repeating: 0, count: layer.outputSize)
    var downstream: (view: Area, owner: Storage?) =
      if let given = cotangents[0] {
        (strided(given.readPointer, layer.outputSize), nil)
      } else {
        (Area(zeros.pointer, timeStride: 0, rowStride: 0), nil)
      }
    for index in (0..<layer.layers).reversed() {
      let target: (view: Area, owner: Storage?)
      if index == 0 {
        target = (view(of: &inputCotangent), nil)
      } else {
        let width = layer.inputSize(ofLayer: index)
        let storage = Storage(count: steps * batch * width)
        target = (timeFirst(storage.pointer, width), storage)
      }
      pullBack(
        layer: index, from: downstream.view, to: target.view, cotangents, &stateCotangents,
        &segment)
      downstream = target
    }
    withExtendedLifetime((cotangents, zeros)) {}
    return [inputCotangent] + stateCotangents
  }

  private func pullBack(
    layer index: Int, from outputCotangent: Area, to inputCotangent: Area,
    _ cotangents: [Tensor?], _ stateCotangents: inout [Tensor], _ segment: inout LayerSegment
  ) {
    let directions = layer.direction.count
    let width = layer.inputSize(ofLayer: index)
    for (direction, part) in unmerge(outputCotangent, index).enumerated() {
      let place = index * directions + direction
      let other = direction == 0 ? nil : Storage(count: steps * batch * width)
      let target = other.map { timeFirst($0.pointer, width) } ?? inputCotangent
      let finals = cotangents.dropFirst().enumerated().map { state, cotangent in
        cotangent.map { layer.part(of: $0, batch: batch, state: state, place) }
      }
      let own = segment.part(place)
      let states = segment.withGradients(place) { gradients in
        plan(place).runBackward(
          trails[place], outputCotangent: part.0, stateCotangents: finals.map { $0?.pointer },
          inputCotangent: target, parameters: parameters(place), gradients: gradients,
          segment: own
        ).states
      }
      withExtendedLifetime(finals) {}
      for (state, storage) in states.enumerated() {
        if layer.plans.count == 1 {
          stateCotangents[state] = Tensor(storage: storage, shape: stateCotangents[state].shape)
        } else {
          layer.set(storage, in: &stateCotangents[state], batch: batch, state: state, place)
        }
      }
      if other != nil {
        combine(MergePrograms.sum, 1, width, [inputCotangent, target, inputCotangent])
      }
      withExtendedLifetime((other, part.owner)) {}
    }
  }

  // MARK: Views

  func timeFirst(_ base: UnsafeMutablePointer<Float>, _ width: Int) -> Area {
    Area(base, timeStride: batch * width, rowStride: width)
  }

  /// A signal in the layer's layout.
  func strided(_ base: UnsafePointer<Float>, _ width: Int) -> Area {
    let base = UnsafeMutablePointer(mutating: base)
    return layer.layout == .timeFirst
      ? timeFirst(base, width) : Area(base, timeStride: width, rowStride: steps * width)
  }

  func view(of tensor: inout Tensor) -> Area {
    let width = tensor.shape[tensor.rank - 1]
    return tensor.withUnsafeMutablePointer { strided($0, width) }
  }
}

/// `(a op b) * scale`, operands a, b, result, scale.
private enum MergePrograms {
  static let sum = program((.operand(0) + .operand(1)) * .operand(3))
  static let product = program(.operand(0) * .operand(1) * .operand(3))
  /// Half of the first operand.
  static let half = program(.operand(0) * 0.5)

  private static func program(_ result: Expression) -> ElementwiseProgram {
    ElementwiseProgram(operands: 4, storing: [(2, result)])
  }
}

extension Tensor {
  /// The elements' address, valid while the tensor is alive and not changed.
  var readPointer: UnsafePointer<Float> { UnsafePointer(storage.pointer) }
}
