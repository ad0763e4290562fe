import Foundation
import PackagePlugin

/// `swift package new-cell LeakyCell` writes a template of a recurrent cell, and its tests.
@main
struct NewCell: CommandPlugin {
  func performCommand(context: PluginContext, arguments: [String]) throws {
    let skeleton = try Skeleton(
      verb: "new-cell", library: "Cells", in: context.package, arguments: arguments)
    try skeleton.write(code: code(skeleton.name), tests: tests(skeleton))
  }

  private func code(_ name: String) -> String {
    """
    import Cells

    /// A leaky unit: each unit learns how much of its state it keeps. Put your own equations here.
    ///
    ///     k  = sigmoid(time_constant)
    ///     n  = tanh(W_ih x + b_ih + W_hh h + b_hh)
    ///     h' = k ∘ h + (1 - k) ∘ n
    struct \(name): RecurrentCell, Codable, Hashable {
      func equations(_ cell: inout CellBuilder) {
        let (x, h) = (cell.input, cell.state("hidden"))
        let keep = sigmoid(cell.vector("time_constant"))
        let new = tanh(cell.affine(x, "ih") + cell.affine(h, "hh"))
        cell.update(h, to: keep * h + (1 - keep) * new)
      }
    }

    """
  }

  private func tests(_ skeleton: Skeleton) -> String {
    """
    import Cells
    import TensorCore
    import Testing

    @testable import \(skeleton.module)

    struct \(skeleton.name)Tests {
      /// Values, gradients through time and in real time, and the laws of recurrent layers.
      @Test func gradientsAreThoseOfTheEquations() {
        let report = checkGradients(of: \(skeleton.name)())
        #expect(report.passed, "\\(report)")
      }

      @Test func outputsHaveALayersShape() {
        var generator = Philox(seed: 1)
        let layer = Recurrent(
          \(skeleton.name)(), inputSize: 3, hiddenSize: 8, layers: 2, using: &generator)
        #expect(layer(Tensor(zeros: [5, 2, 3])).output.shape == [5, 2, 8])
      }
    }

    """
  }
}
