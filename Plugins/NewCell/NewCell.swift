import Foundation
import PackagePlugin

/// `swift package new-cell LeakyCell` writes a template of a recurrent cell, and its tests; with `--from my.cell`, the cell
/// of a text.
@main
struct NewCell: CommandPlugin {
  func performCommand(context: PluginContext, arguments: [String]) throws {
    var extractor = ArgumentExtractor(arguments)
    let path = extractor.extractOption(named: "from").last
    let skeleton = try Skeleton(
      verb: "new-cell", library: "Cells", in: context.package,
      arguments: extractor.remainingArguments)
    guard let path else {
      return try skeleton.write(code: code(skeleton.name), tests: tests(skeleton))
    }
    let text = try String(contentsOf: file(path, context), encoding: .utf8)
    try skeleton.write(
      code: try swift(path, skeleton.name, context), tests: tests(skeleton, of: text))
  }

  /// A path as seen from the folder in which the command was given.
  private func file(_ path: String, _ context: PluginContext) throws -> URL {
    let url = URL(filePath: path, relativeTo: .currentDirectory())
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw Refusal("\(path): no such file")
    }
    return url
  }

  /// The Swift form of a text, which a program of this package writes.
  private func swift(_ path: String, _ type: String, _ context: PluginContext) throws -> String {
    let build = try packageManager.build(.product("cell-to-swift"), parameters: .init())
    guard build.succeeded,
      let program = build.builtArtifacts.first(where: { $0.kind == .executable })
    else { throw Refusal("cell-to-swift could not be built:\n\(build.logText)") }
    let process = Process()
    process.executableURL = program.url
    process.arguments = [try file(path, context).path, type]
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let fault = error.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Refusal(String(decoding: fault, as: UTF8.self).trimmingCharacters(in: .newlines))
    }
    return String(decoding: text, as: UTF8.self)
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

  private func tests(_ skeleton: Skeleton, of text: String) -> String {
    """
    import Cells
    import Testing

    @testable import \(skeleton.module)

    struct \(skeleton.name)Tests {
      static let text = ##\"""
    \(text.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
        \"""##

      /// Both forms give the same graph, node for node.
      @Test func isTheCellOfTheText() throws {
        let text = try CellText(Self.text)
        for (input, hidden) in [(3, 4), (8, 8), (5, 12), (120, 240)] {
          guard (try? text.validate(inputSize: input, hiddenSize: hidden)) != nil else { continue }
          #expect(
            CellGraph(\(skeleton.name)(), inputSize: input, hiddenSize: hidden)
              == CellGraph(text, inputSize: input, hiddenSize: hidden))
        }
      }

      /// Values, gradients through time and in real time, and the laws of recurrent layers.
      @Test func gradientsAreThoseOfTheEquations() {
        let report = checkGradients(of: \(skeleton.name)())
        #expect(report.passed, "\\(report)")
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
