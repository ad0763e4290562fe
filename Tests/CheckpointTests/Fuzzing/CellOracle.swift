import Cells

/// The laws of a cell's text: what is accepted states its equations for every size that it says it suits, and what is
/// printed of them reads back as the same graph.
enum CellOracle {
  static func check(_ bytes: [UInt8]) -> FuzzedFormat.Outcome {
    guard let text = String(validating: bytes, as: UTF8.self), let cell = try? CellText(text) else {
      return .refused
    }
    _ = cell.swift(type: "Read")
    var outcome = FuzzedFormat.Outcome.opened
    for (input, hidden) in [(3, 4), (4, 4), (6, 12)] {
      guard (try? cell.validate(inputSize: input, hiddenSize: hidden)) != nil else { continue }
      let graph = CellGraph(cell, inputSize: input, hiddenSize: hidden)
      outcome = .verified
      guard let printed = graph.text() else { return .violation("cannot be printed") }
      do {
        let read = try CellText(printed)
        try read.validate(inputSize: input, hiddenSize: hidden)
        guard CellGraph(read, inputSize: input, hiddenSize: hidden) == graph else {
          return .violation("reads back as another graph: \(printed)")
        }
      } catch {
        return .violation("does not read back: \(error): \(printed)")
      }
    }
    return outcome
  }
}
