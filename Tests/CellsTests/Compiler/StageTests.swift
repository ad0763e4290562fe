import Cells
import TensorCore
import Testing

/// Work is sorted by what it depends on, and what depends on the input alone leaves the loop.
@Suite struct StageTests {
  private func plan(_ cell: some RecurrentCell, learns: Bool = false) -> Plan {
    Plan(CellGraph(cell, inputSize: 3, hiddenSize: 5), learns: learns)
  }

  @Test func valueDependsOnWhatItsOperandsDependOn() {
    var graph = SimplifiedGraph()
    let (x, h) = (graph.add(.sequence(0), columns: 4), graph.add(.state(0), columns: 4))
    let w = graph.add(.parameter(0), rows: 4, columns: 4)
    func affine(_ signal: NodeID) -> NodeID {
      graph.add(
        .affine([ProductTerm(signal: signal, weight: w, isTransposed: false)], biases: []))
    }
    let (ofInput, ofState) = (affine(x), affine(h))
    let both = graph.add(.apply(.add, [ofInput, ofState]))
    let twice = graph.add(.apply(.add, [w, w]))
    #expect(graph[twice].dependence == .parameters)
    #expect(graph[ofInput].dependence == .input)
    #expect(graph[ofState].dependence == .state && graph[both].dependence == .state)
    let (outer, total) = (graph.add(.outer(x, ofState)), graph.add(.total(x)))
    #expect(graph[outer].dependence == .gathered && graph[total].dependence == .gathered)
  }

  /// The law that makes a schedule right: nothing is computed before what it reads.
  @Test func nodesFollowTheirOperands() {
    for seed in 0..<(RandomCell.isDeep ? 200 : 60) as Range<UInt64> {
      let plan = Plan(CellGraph(RandomCell(seed: seed), inputSize: 3, hiddenSize: 4), learns: true)
      for schedule in [plan.forward, plan.backward?.schedule].compactMap(\.self) {
        var written = Set<Int>()
        let steps =
          schedule.parameterStage + schedule.earlierSteps + schedule.before + schedule.loop
          + schedule.after
        for step in steps {
          for place in step.sources where place.slot == .current {
            switch schedule.buffers[place.area].kind {
            case .everyStep, .oneStep, .prepared:
              #expect(written.contains(place.area), "seed \(seed) reads buffer \(place.area)")
            default: break
            }
          }
          for place in step.targets { written.insert(place.area) }
        }
      }
    }
  }

  /// Zeros beside a signal are there for all steps, but their concatenation need not be.
  @Test func concatenationsOfConstantsHaveOneStep() throws {
    let plan = plan(GatedDeltaNet(heads: 1), learns: true)
    let backward = try #require(plan.backward?.schedule)
    // The cotangents of three delayed signals of 5 units.
    let wide = backward.buffers.filter { $0.width == 15 }
    #expect(wide.filter { $0.kind == .oneStep }.count >= 3)
    #expect(wide.allSatisfy { $0.kind != .everyStep })
  }

  @Test func gatesOfTheInputAreOneProductForAllSteps() {
    let schedule = plan(LSTM()).forward
    #expect(schedule.products(\.before) == [[20, 3]])
    #expect(schedule.products(\.loop) == [[20, 5]])
  }

  /// Its gates know nothing of the state: the loop is elementwise.
  @Test func recurrenceWithoutProductsHasNoneInItsLoop() {
    let schedule = plan(MinGRU()).forward
    #expect(schedule.products(\.before) == [[10, 3]])
    #expect(schedule.products(\.loop).isEmpty)
  }

  @Test func workOnParametersAloneIsDoneOnce() {
    struct Antisymmetric: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        let w = cell.matrix("hh")
        cell.update(
          h, to: h + tanh(cell.product(h, w - w.transposed()) + cell.affine(cell.input, "ih")))
      }
    }
    let schedule = plan(Antisymmetric()).forward
    #expect(schedule.parameterStage.contains { if case .transpose = $0 { true } else { false } })
    #expect(schedule.products(\.loop) == [[5, 5]])
  }

  /// A product that no later step waits for is faster over all steps at once.
  @Test func productsThatFeedOnlyTheOutputFollowTheLoop() {
    struct Reading: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        cell.update(h, to: tanh(cell.affine(cell.input, "ih") + cell.affine(h, "hh")))
        cell.output(cell.affine(h, "out", width: 7))
      }
    }
    let schedule = plan(Reading()).forward
    #expect(schedule.products(\.after) == [[7, 5]])
    #expect(schedule.products(\.loop) == [[5, 5]])
  }

  /// In no cell does the loop multiply what it could have multiplied before.
  @Test func noLoopMultipliesTheInput() {
    for seed in 0..<200 as Range<UInt64> {
      let schedule = Plan(
        CellGraph(RandomCell(seed: seed), inputSize: 3, hiddenSize: 4), learns: false
      ).forward
      for case .product(let product) in schedule.loop {
        if case .sequence = schedule.buffers[product.signal.area].kind {
          Issue.record("seed \(seed): the input is multiplied in the loop")
        }
      }
    }
  }

  /// A loop over matrices takes along what does not depend on them, and writes its cotangents side by side: nothing but
  /// products goes through all steps besides.
  @Test func loopsOverMatricesTakeAllButProducts() throws {
    let graph = CellGraph(GLA(heads: 2), inputSize: 64, hiddenSize: 64)
    let schedule = try #require(Plan(graph, learns: true).backward?.schedule)
    #expect(schedule.before.count == schedule.products(\.before).count)
    #expect(schedule.after.count == schedule.products(\.after).count)
    #expect(!schedule.products(\.before).isEmpty && !schedule.products(\.after).isEmpty)
    #expect(schedule.products(\.loop).isEmpty)
  }
}
