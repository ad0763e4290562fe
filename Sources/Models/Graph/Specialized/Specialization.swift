/// Makes a program for inputs of given shapes from the values of one call.
struct Specialization {
  private let program: GraphProgram
  /// By slot: the call's values, of which types and shapes count, and the elements where they depend on shapes alone.
  private let recorded: [GraphValue?]
  private let limits: GraphLimits
  /// By slot, how often it is read.
  private let readers: [Int]

  private var constants: [GraphValue?]
  /// The slots whose shapes follow from those of the inputs, whatever values there are.
  private var certain: Set<Int>
  /// By slot: the constant that it is.
  private var known: [Int: Int] = [:]
  private var numbering = ElementNumbering()
  /// By slot: where its elements are other arrays' elements that were not copied yet, their numbers and where they stand.
  private var moved: [Int: (numbers: [Int], arrangement: Arrangement)] = [:]
  private var work: [SpecializedProgram.Step.Work] = []
  /// The elementwise nodes that are not among the work yet.
  private var group: ElementwiseGroup.Builder?

  /// The most elements of an array whose elements are numbered.
  private static let mostNumbers = 1 << 16

  init(_ program: GraphProgram, _ slots: [GraphValue?], limits: GraphLimits) {
    (self.program, recorded, self.limits) = (program, slots, limits)
    constants = program.constants
    certain = Set(program.inputs)
    var readers = [Int](repeating: 0, count: program.slotCount)
    for case .slot(let slot) in program.outputs + program.steps.flatMap(\.inputs) {
      readers[slot] += 1
    }
    self.readers = readers
  }

  /// The program for the call's shapes.
  func program(_ signature: GraphSignature) -> SpecializedProgram {
    var copy = self
    for step in program.steps { copy.add(step) }
    for place in program.outputs { copy.make(place) }
    copy.finishGroup()
    return SpecializedProgram(
      program, signature, elements: recorded.reduce(0) { $0 + ($1?.count ?? 0) },
      constants: copy.constants, work: copy.work, outputs: program.outputs.map { copy.resolved($0) }
    )
  }

  private mutating func add(_ step: GraphProgram.Step) {
    let inputs = step.inputs.map { resolved($0) }
    let isKnown = inputs.allSatisfy { if case .slot = $0 { false } else { true } }
    if hasCertainShapes(step, inputs) {
      for case .slot(let slot) in step.outputs { certain.insert(slot) }
    }
    if isKnown || step.effect.measures && areCertain(inputs) {
      for case .slot(let slot) in step.outputs {
        known[slot] = constants.count
        constants.append(recorded[slot])
      }
    } else if !move(step, inputs), !apply(step, inputs) {
      for place in inputs { make(place) }
      let shapes = step.outputs.map { value($0).map { GraphSignature([$0]) } }
      work.append(.node(step, inputs: inputs, results: shapes))
    }
  }

  /// Whether the shapes of all slots among some places are certain.
  private func areCertain(_ places: [GraphProgram.Place]) -> Bool {
    places.allSatisfy { if case .slot(let slot) = $0 { certain.contains(slot) } else { true } }
  }

  /// Whether the shapes of a node's results follow from those of its inputs: integers that are not known may be sizes.
  private func hasCertainShapes(
    _ step: GraphProgram.Step, _ inputs: [GraphProgram.Place]
  ) -> Bool {
    if case .selects = step.effect { return false }
    return areCertain(inputs)
      && inputs.allSatisfy { place in
        if case .slot = place { value(place)?.elementType == .float32 } else { true }
      }
  }

  // MARK: Places

  /// A place, or the constant that it is.
  private func resolved(_ place: GraphProgram.Place) -> GraphProgram.Place {
    guard case .slot(let slot) = place, let constant = known[slot] else { return place }
    return .constant(constant)
  }

  /// A constant, or the call's value of a slot.
  private func value(_ place: GraphProgram.Place) -> GraphValue? {
    place.value(constants, recorded)
  }

  /// Sees to it that a slot has its value before the work that is added next.
  private mutating func make(_ place: GraphProgram.Place) {
    guard case .slot(let slot) = place else { return }
    if let (_, arrangement) = moved.removeValue(forKey: slot) {
      for source in arrangement.sources { make(source) }
      work.append(.arrangement(arrangement, slot: slot))
    } else if group?.node(of: slot) != nil {
      finishGroup()
    }
  }

  // MARK: Moved elements

  /// Finds where the elements of a node's results come from; false if it does more than move them.
  private mutating func move(_ step: GraphProgram.Step, _ inputs: [GraphProgram.Place]) -> Bool {
    guard case .arranges = step.effect else { return false }
    var arguments: [GraphValue?] = []
    for place in inputs {
      guard let value = value(place), value.elementType == .float32 else {
        if case .slot = place { return false }
        arguments.append(self.value(place))
        continue
      }
      guard value.count <= Self.mostNumbers else { return false }
      arguments.append(GraphValue(numbers(of: place, count: value.count), shape: value.shape))
    }
    var run = GraphRun(limits)
    guard let results = try? step.results(arguments, &run) else { return false }
    var found: [Int: (numbers: [Int], arrangement: Arrangement)] = [:]
    for (place, result) in zip(step.outputs, results) {
      guard case .slot(let slot) = place else { continue }
      guard let expected = recorded[slot], let numbers = result.integers,
        expected.elementType == .float32, result.shape == expected.shape,
        (1...Self.mostNumbers).contains(numbers.count)
      else { return false }
      let places = numbers.map { Int($0) }
      guard let arrangement = Arrangement(places, shape: expected.shape, numbering) else {
        return false
      }
      found[slot] = (places, arrangement)
    }
    moved.merge(found) { _, new in new }
    return true
  }

  private mutating func numbers(of place: GraphProgram.Place, count: Int) -> [Int64] {
    if case .slot(let slot) = place, let known = moved[slot] {
      return known.numbers.map { Int64($0) }
    }
    return numbering.numbers(of: place, count: count).map { Int64($0) }
  }

  // MARK: Elementwise nodes

  /// Adds a node to the group of elementwise nodes; false if it can't be in one.
  private mutating func apply(_ step: GraphProgram.Step, _ inputs: [GraphProgram.Place]) -> Bool {
    let constants = inputs.map { if case .constant = $0 { value($0) } else { nil as GraphValue? } }
    guard let (function, operands) = step.effect.word(constants), step.outputs.count == 1,
      case .slot(let slot) = step.outputs[0], let result = recorded[slot], result.count > 0,
      result.elementType == .float32
    else { return false }
    let places = operands.map { inputs[$0] }
    var layouts: [ElementwiseGroup.Builder.Layout] = []
    for place in places {
      guard let value = value(place), value.elementType == .float32,
        let layout = ElementwiseGroup.Builder.Layout(value.shape, in: result.shape)
      else { return false }
      layouts.append(layout)
    }
    let widths = layouts.compactMap(\.width)
    guard Set(widths).count <= 1 else { return false }
    for place in places { prepare(place) }
    if group.map({ !$0.accepts(count: result.count, widths: widths) }) ?? true {
      finishGroup()
      group = ElementwiseGroup.Builder(count: result.count)
    }
    let sources = zip(places, layouts).map { source(of: $0, $1) }
    group?.add(function, sources, .init(slot: slot, shape: result.shape))
    return true
  }

  /// Sees to it that the group can read an operand: where it stands in one block of a source, there is no need to copy it.
  private mutating func prepare(_ place: GraphProgram.Place) {
    guard case .slot(let slot) = place, let arrangement = moved[slot]?.arrangement else { return }
    guard let (source, _) = arrangement.block else { return make(place) }
    make(source)
  }

  private func source(
    of place: GraphProgram.Place, _ layout: ElementwiseGroup.Builder.Layout
  ) -> ElementwiseGroup.Builder.Source {
    guard case .slot(let slot) = place else { return .memory(place, start: 0, layout) }
    if let node = group?.node(of: slot) { return .node(node) }
    if let block = moved[slot]?.arrangement.block {
      return .memory(block.source, start: block.start, layout)
    }
    return .memory(place, start: 0, layout)
  }

  private mutating func finishGroup() {
    guard let group else { return }
    work.append(.group(group.group(readers)))
    self.group = nil
  }
}

extension GraphEffect {
  fileprivate var measures: Bool { if case .measures = self { true } else { false } }
}
