import Checkpoint
import TensorCore

/// The types and shapes of values: a graph's inputs, or a node's result.
struct GraphSignature: Hashable, Sendable {
  private let inputs: [Input]

  private struct Input: Hashable {
    var elementType: ElementType
    var shape: [Int]
  }

  init(_ values: [GraphValue]) {
    inputs = values.map { Input(elementType: $0.elementType, shape: $0.shape) }
  }

  /// Whether one value has the type and shape.
  func fits(_ value: GraphValue) -> Bool {
    inputs.count == 1 && inputs[0].elementType == value.elementType
      && inputs[0].shape == value.shape
  }

  /// Whether values have these types and shapes.
  func fits(_ values: [GraphValue]) -> Bool {
    inputs.count == values.count
      && zip(inputs, values).allSatisfy { $0.elementType == $1.elementType && $0.shape == $1.shape }
  }
}

/// The programs of a graph for inputs whose shapes come again: those of a stream's frames, say.
final class SpecializedPrograms: Sendable {
  private struct Known {
    var programs: [SpecializedProgram] = []
    var last: GraphSignature?
  }

  private let known = Guarded(Known())

  /// The most programs; the oldest makes room.
  private static let mostPrograms = 4
  /// The most work of a call whose program is made: with more, a node takes longer than what is saved at it.
  private static let mostWork = 1 << 26

  /// The program for inputs like these, if there is one.
  func program(for values: [GraphValue]) -> SpecializedProgram? {
    known.withLock { $0.programs.first { $0.signature.fits(values) } }
  }

  /// Computes the outputs by the general program; makes one of its own for these shapes if they were the last call's, too.
  ///
  /// - Throws: ``GraphNodeFailure``.
  func run(
    _ program: GraphProgram, _ values: [GraphValue], _ run: inout GraphRun
  ) throws(GraphNodeFailure) -> [GraphValue] {
    let signature = GraphSignature(values)
    guard known.withLock({ $0.last == signature }) else {
      let outputs = try program(values, &run)
      if run.work <= Self.mostWork { known.withLock { $0.last = signature } }
      return outputs
    }
    let slots = try program.slots(values, &run)
    let special = Specialization(program, slots, limits: run.limits).program(signature)
    known.withLock { known in
      known.last = nil
      if known.programs.count == Self.mostPrograms { known.programs.removeFirst() }
      known.programs.append(special)
    }
    return program.outputs.compactMap { program.value(at: $0, slots) }
  }
}
