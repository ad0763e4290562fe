import TensorCore

/// Evaluates a cell's graph as it was written, in double precision, one sample, one step and one node at a time.
///
/// It is slow and obvious: the plan, its derivatives and the kernels are tested against it. All numbers
/// are dual, so that seeding one derivative with 1 gives the derivative of everything by that number.
package struct Oracle {
  package let cell: CellGraph
  /// The parameters in the cell's order, row-major.
  package var parameters: [[Dual]]

  package init(_ cell: CellGraph, parameters: [[Dual]]) {
    self.cell = cell
    self.parameters = parameters
  }

  /// One step of one sample: `sequences` in the graph's order, the input first.
  package func step(
    _ sequences: [[Dual]], _ states: [[Dual]]
  ) -> (output: [Dual], states: [[Dual]]) {
    var step = Step(parameters: parameters, sequences: sequences, states: states)
    for node in cell.graph.nodes { step.values.append(step.value(of: node)) }
    return (step.values[cell.output].elements, cell.updates.map { step.values[$0].elements })
  }

  /// All steps of one sample: `sequences[t]` holds the signals of step t.
  package func run(
    _ sequences: [[[Dual]]], from initial: [[Dual]]
  ) -> (outputs: [[Dual]], states: [[Dual]]) {
    var states = initial
    var outputs: [[Dual]] = []
    for signals in sequences {
      let result = step(signals, states)
      states = result.states
      outputs.append(result.output)
    }
    return (outputs, states)
  }
}
