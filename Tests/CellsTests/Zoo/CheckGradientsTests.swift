import Cells
import Testing

/// The check that everybody can run on a cell of their own.
@Suite struct CheckGradientsTests {
  /// What a user may write.
  struct Leaky: RecurrentCell {
    func equations(_ cell: inout CellBuilder) {
      let h = cell.state("hidden")
      let keep = sigmoid(cell.vector("keep"))
      cell.update(h, to: keep * h + (1 - keep) * tanh(cell.affine(cell.input, "ih")))
    }
  }

  /// It mentions a parameter that nothing depends on.
  struct Idle: RecurrentCell {
    func equations(_ cell: inout CellBuilder) {
      let h = cell.state("hidden")
      let floored = floor(cell.affine(cell.input, "idle"))
      cell.update(h, to: tanh(cell.affine(cell.input, "ih") + h + 0.1 * floored))
    }
  }

  @Test func aSoundCellPasses() {
    let report = checkGradients(of: Leaky())
    #expect(report.passed, "\(report)")
    #expect(report.checks.count == 10)
  }

  @Test(arguments: ["clockwork", "slstm", "mogrifier", "phased-lstm"])
  func cellsOfTheZooPass(_ name: String) throws {
    let report = checkGradients(of: try CellRegistry.standard.cell(named: name), seed: 2)
    #expect(report.passed, "\(report)")
  }

  /// A step has no slope: differences and the gradient agree that it is flat almost everywhere.
  @Test func aParameterWithoutGradientIsNamed() {
    let report = checkGradients(of: Idle())
    let failed = report.checks.filter { !$0.passed }
    #expect(failed.map(\.place) == ["weight_idle, bias_idle"], "\(report)")
    #expect(report.description.contains("✗ every parameter has a gradient (weight_idle"))
  }
}
