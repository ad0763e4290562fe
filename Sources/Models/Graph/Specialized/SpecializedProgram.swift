import Requirements

/// A graph program for inputs of given shapes.
///
/// What depends on shapes alone is a constant; elements that are only moved are copied once, when somebody reads them, or not
/// at all; elementwise nodes run together. It computes the same numbers as the program that it was made from.
struct SpecializedProgram: Sendable {
  /// A piece of the work, with the slots that it is the last to read.
  struct Step: Sendable {
    enum Work: Sendable {
      /// A node, with the types and shapes that its results had.
      case node(GraphProgram.Step, inputs: [GraphProgram.Place], results: [GraphSignature?])
      case arrangement(Arrangement, slot: Int)
      case group(ElementwiseGroup)
    }

    let work: Work
    fileprivate(set) var released: [Int] = []
  }

  /// The types and shapes of the inputs.
  let signature: GraphSignature
  /// The elements of all values of the call that it was made from.
  private let elements: Int
  private let constants: [GraphValue?]
  private let steps: [Step]
  private let slotCount: Int
  private let inputs: [Int]
  private let outputs: [GraphProgram.Place]

  init(
    _ program: GraphProgram, _ signature: GraphSignature, elements: Int, constants: [GraphValue?],
    work: [Step.Work], outputs: [GraphProgram.Place]
  ) {
    (self.signature, self.elements) = (signature, elements)
    (slotCount, inputs, self.outputs) = (program.slotCount, program.inputs, outputs)
    var read = Set(outputs)
    var steps: [Step] = []
    for work in work.reversed() {
      var step = Step(work: work)
      for place in work.reads where read.insert(place).inserted {
        if case .slot(let slot) = place { step.released.append(slot) }
      }
      steps.append(step)
    }
    self.steps = steps.reversed()
    self.constants = constants.enumerated().map { read.contains(.constant($0)) ? $1 : nil }
  }

  /// Computes the outputs of inputs in the graph's order, which fit the signature; nil if a node's result has another shape than
  /// in the call that the program was made from, since it depends on values.
  ///
  /// - Throws: ``GraphNodeFailure``.
  func callAsFunction(
    _ values: [GraphValue], _ run: inout GraphRun
  ) throws(GraphNodeFailure) -> [GraphValue]? {
    run.allow(elements)
    var slots = [GraphValue?](repeating: nil, count: slotCount)
    for (slot, value) in zip(inputs, values) { slots[slot] = value }
    for step in steps {
      switch step.work {
      case .node(let node, let inputs, let expected):
        do throws(GraphFailure) {
          let results = try node.results(inputs.map { $0.value(constants, slots) }, &run)
          for (index, place) in node.outputs.enumerated() {
            guard case .slot(let slot) = place else { continue }
            guard expected[index]?.fits(results[index]) ?? true else { return nil }
            try run.hold(results[index])
            slots[slot] = results[index]
          }
        } catch {
          throw GraphNodeFailure(node: node.name, reason: error.reason)
        }
      case .arrangement(let arrangement, let slot):
        slots[slot] = arrangement { known($0, slots) }
      case .group(let group):
        for (result, value) in zip(group.results, group { known($0, slots) }) {
          slots[result.slot] = value
        }
      }
      for slot in step.released { slots[slot] = nil }
    }
    return outputs.map { known($0, slots) }
  }

  private func known(_ place: GraphProgram.Place, _ slots: [GraphValue?]) -> GraphValue {
    guard let value = place.value(constants, slots) else {
      failure("\(place) is read before it is there")
    }
    return value
  }
}

extension SpecializedProgram.Step.Work {
  fileprivate var reads: [GraphProgram.Place] {
    switch self {
    case .node(_, let inputs, _): inputs
    case .arrangement(let arrangement, _): Array(arrangement.sources)
    case .group(let group): group.reads
    }
  }
}
