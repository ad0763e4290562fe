import Cells

/// A cell whose equations are those of a closure.
private struct Cell: RecurrentCell {
  var body: @Sendable (inout CellBuilder) -> Void

  func equations(_ cell: inout CellBuilder) { body(&cell) }
}

extension WrongCall {
  /// Equations for 3 input units and 4 hidden ones.
  private static func equations(
    _ name: String, _ texts: [String], _ body: @escaping @Sendable (inout CellBuilder) -> Void
  ) -> WrongCall {
    WrongCall(
      name: name, texts: texts,
      body: { _ = CellGraph(Cell(body: body), inputSize: 3, hiddenSize: 4) })
  }

  static let equations = [
    equations("product of a misfit", ["3 units", "4 units"]) { cell in
      cell.update(cell.state("h"), to: cell.product(cell.input, cell.matrix("hh")))
    },
    equations("function of misfits", ["[3]", "[4]"]) { cell in
      cell.update(cell.state("h"), to: cell.state("h") + cell.input)
    },
    equations("units outside", ["0..<3", "1..<5"]) { cell in
      cell.update(cell.state("h"), to: cell.input[1..<5])
    },
    equations("unequal chunks", ["3 units", "2 equal chunks"]) { cell in
      cell.update(cell.state("h"), to: cell.input.chunks(2)[0])
    },
    equations("units repeated never", ["positive", "0"]) { cell in
      cell.update(cell.state("h"), to: cell.input.repeated(each: 0))
    },
    equations("concatenation of no signals", ["nothing"]) { cell in
      cell.update(cell.state("h"), to: concatenate(all: []))
    },
    equations("state of two widths", ["h", "[4]", "[5]"]) { cell in
      _ = (cell.state("h"), cell.state("h", width: 5))
    },
    equations("state updated twice", ["h", "twice"]) { cell in
      let h = cell.state("h")
      cell.update(h, to: tanh(h))
      cell.update(h, to: tanh(h))
    },
    equations("update of the input", ["only a state"]) { cell in
      cell.update(cell.input, to: cell.input)
    },
    equations("state without an update", ["h", "no update"]) { cell in _ = cell.state("h") },
    equations("update of another width", ["h", "4 units", "3"]) { cell in
      cell.update(cell.state("h"), to: cell.input)
    },
    equations("cell without a state", ["needs a state"]) { cell in cell.output(cell.input) },
    equations("parameter of two shapes", ["time", "4", "5"]) { cell in
      let h = cell.state("h")
      cell.update(h, to: h * cell.vector("time") + cell.vector("time", width: 5).sum())
    },
    equations("matrix of unequal rows", ["[2, 1]"]) { cell in _ = cell.matrix(rows: [[1, 2], [3]])
    },
    equations("unknown gate", ["x", "i", "f"]) { cell in
      _ = cell.gates(["i", "f"], of: cell.input, "ih")["x"]
    },
  ]
}
