import Cells
import FileCore

/// The cells that the page can choose, and what it says of them.
enum Zoo {
  /// The cell of a name or of a text of equations.
  static func cell(_ choice: String) throws -> NamedCell {
    guard choice.contains("\n") else { return try CellRegistry.standard.cell(named: choice) }
    guard choice.utf8.count <= Setup.Limits.cellText else {
      throw Refusal("equations: expected at most \(Setup.Limits.cellText) bytes")
    }
    return NamedCell(try CellText(choice))
  }

  struct Entry: Codable, Sendable {
    var name: String
    var summary: String
    var paper: String
  }

  static let entries = CellRegistry.standard.entries.map {
    Entry(name: $0.name, summary: $0.summary, paper: $0.paper)
  }

  /// A cell's equations: as a formula, and as the text that can be changed.
  struct Equations: Codable, Sendable {
    var name: String
    var formula: String
    var text: String
    var weights: Int
    var paper: String
  }

  static func equations(of name: String) throws -> Equations {
    let cell = try cell(name)
    let units = cell.suitableHiddenSize(from: 64, inputSize: 32) ?? 64
    try cell.validate(inputSize: 32, hiddenSize: units)
    let graph = CellGraph(cell, inputSize: 32, hiddenSize: units)
    let text = CellText(writing: cell.base, name: cell.name, listsOptions: false)
    return Equations(
      name: cell.name, formula: graph.formula(), text: text?.description ?? "",
      weights: graph.parameterCount, paper: CellRegistry.standard[cell.name]?.paper ?? "")
  }

  /// What is wrong with a text of equations, or the numbers of its gradient check.
  struct Verdict: Codable, Sendable {
    var fault: Fault?
    var formula: String?
    var checks: [Check] = []

    struct Fault: Codable, Sendable {
      var line: Int
      var column: Int
      var message: String
    }
    struct Check: Codable, Sendable {
      var name: String
      var error: Double
      var tolerance: Double
    }
  }

  /// Reads a text; with `measuring`, checks its gradients too.
  static func verdict(of text: String, measuring: Bool) -> Verdict {
    guard text.utf8.count <= Setup.Limits.cellText else {
      return Verdict(fault: .init(line: 1, column: 1, message: "the text is too long"))
    }
    let cell: CellText
    do throws(CellTextError) {
      cell = try CellText(text, file: "line")
    } catch {
      return Verdict(
        fault: .init(line: error.line, column: error.column, message: "\(error)"))
    }
    guard let size = cell.suitableHiddenSize(from: 4, inputSize: 3) else {
      return Verdict(
        fault: .init(line: 1, column: 1, message: "no size from 4 units on suits the equations"))
    }
    var verdict = Verdict()
    verdict.formula = CellGraph(cell, inputSize: 3, hiddenSize: size).formula()
    if measuring {
      verdict.checks = checkGradients(of: cell, hiddenSize: size).checks.map {
        .init(name: $0.name, error: $0.error.isFinite ? $0.error : 1e300, tolerance: $0.tolerance)
      }
    }
    return verdict
  }
}
