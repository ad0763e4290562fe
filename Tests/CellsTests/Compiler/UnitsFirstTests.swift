import TensorCore
import Testing

@testable import Cells

/// Time loops without products run through all steps block of units by block of units.
@Suite struct UnitsFirstTests {
  private func plan(_ cell: any RecurrentCell) -> Plan {
    Plan(CellGraph(cell, inputSize: 3, hiddenSize: 5), learns: true)
  }

  @Test func loopsOfIndependentUnitsAreRecognized() {
    for cell in [IndRNN(), MinGRU(), MinLSTM(), SRU(), QRNN(), LRU()] as [any RecurrentCell] {
      let plan = plan(cell)
      #expect(plan.forwardSchedule.loops.last?.steps.order == .unitsFirst, "\(cell)")
      #expect(plan.backwardSchedule?.schedule.loops.last?.steps.order == .unitsFirst, "\(cell)")
    }
    // Products, and a mean over units.
    for cell in [LSTM(), GRU(), MGU(), HGRN()] as [any RecurrentCell] {
      #expect(plan(cell).forwardSchedule.loops.last?.steps.order == .stepByStep, "\(cell)")
    }
  }

  /// A unit that reads another one's old state needs the whole step before.
  @Test func shiftedUnitsAreNotIndependent() {
    struct Shifted: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        let (first, rest) = (h[0..<1], h[1..<h.width])
        cell.update(h, to: tanh(cell.linear(cell.input, "ih") + concatenate(rest, first)))
      }
    }
    #expect(plan(Shifted()).forwardSchedule.loops.last?.steps.order == .stepByStep)
  }

  /// A pass over a sequence has the bits of as many passes over one step, which go step by step.
  @Test(arguments: ["indrnn", "mingru", "minlstm", "sru", "qrnn", "lru"], [1, 3, 70])
  func sequenceHasTheBitsOfItsSteps(_ name: String, _ batch: Int) throws {
    var generator = Philox(seed: 5)
    for layout in [Recurrent.Layout.timeFirst, .batchFirst] {
      let layer = Recurrent(
        try CellRegistry.standard.cell(named: name), inputSize: 6, hiddenSize: 40, layout: layout,
        using: &generator)
      let axis = layout == .timeFirst ? 0 : 1
      let shape = layout == .timeFirst ? [4, batch, 6] : [batch, 4, 6]
      let x = Tensor(normal: shape, using: &generator)
      let whole = layer(x)
      var state = layer.zeroState(batch: batch)
      for step in 0..<4 {
        let (output, next) = layer(x.slice(step..<step + 1, along: axis), from: state)
        let part = whole.output.slice(step..<step + 1, along: axis)
        #expect(output.scalars == part.scalars, "\(name), step \(step)")
        state = next
      }
      for (last, expected) in zip(state.tensors, whole.state.tensors) {
        #expect(last.scalars == expected.scalars, "\(name)")
      }
    }
  }

  /// Threads share samples or, of few samples, units.
  @Test(arguments: ["indrnn", "mingru", "sru", "lru"])
  func threadsDoNotChangeABit(_ name: String) async {
    await #expect(processExitsWith: .success) { [name = name as String] in
      var generator = Philox(seed: 6)
      let layer = Recurrent(
        try CellRegistry.standard.cell(named: name), inputSize: 300, hiddenSize: 300,
        using: &generator)
      for batch in [2, 11] {
        let x = Tensor(normal: [3, batch, 300], using: &generator)
        func gradients(threads: Int) -> [[Float]] {
          ThreadTeam.count = threads
          return valueAndGradient(of: layer) { $0(x).output.sum() }.gradients.values.map(\.scalars)
        }
        let one = gradients(threads: 1)
        for threads in 2...4 { #expect(gradients(threads: threads) == one) }
      }
    }
  }
}
