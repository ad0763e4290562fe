extension CellGraph {
  /// The same cell with every product of a matrix normalised over its units, `N(W x) γ`.
  ///
  /// The gains of all blocks of a parameter are one vector, whose units are the parameter's rows.
  func normalizingProducts() -> CellGraph {
    let cell = CellRewriting(self)
    cell.replaceWideProducts { product, parameter, rows in
      var (name, size) = ("gain_" + parameter.name.trimmingWeight, parameter.shape[0])
      var units = rows
      if units.upperBound > size {
        (name, size) = (name + "_\(units.count)", units.count)
        units = 0..<size
      }
      let gain = cell.builder.vector(name, width: size, initially: .constant(1))
      return gain[units] * product.normalized()
    }
    return cell.finished()
  }

  /// The same cell with its output projected, without a bias.
  func projectingOutput(to size: Int) -> CellGraph {
    let cell = CellRewriting(self)
    cell.output = cell.builder.linear(cell.output, "hr", width: size)
    return cell.finished()
  }

  /// The same cell with its input added to its output, `y + s x`.
  ///
  /// - Parameters:
  ///   - units: The units of the input that are added, if the output has the same number of units; else the input
  ///     is multiplied by a matrix `weight_skip`.
  ///   - share: The factor s of the input.
  func residual(_ units: Range<Int>, share: Double) -> CellGraph {
    let cell = CellRewriting(self)
    let path = path(units, share: share, cell)
    cell.output = cell.output + path
    return cell.finished()
  }

  /// The same cell with a gate g that mixes its output with its input, `g y + (1 - g) s x`.
  ///
  /// - Parameters:
  ///   - units: The units of the input that are mixed in, if the output has the same number of units; else the
  ///     input is multiplied by a matrix `weight_skip`.
  ///   - share: The factor s of the input.
  func highway(_ units: Range<Int>, share: Double) -> CellGraph {
    let cell = CellRewriting(self)
    let path = path(units, share: share, cell)
    let output = cell.output
    let gate = sigmoid(
      cell.builder.affine(cell.input, "highway", width: outputSize, bias: .constant(-1)))
    cell.output = gate * output + (1 - gate) * path
    return cell.finished()
  }

  /// The input of a connection.
  func path(_ units: Range<Int>, share: Double, _ cell: CellRewriting) -> Signal {
    let taken =
      units.count == outputSize
      ? cell.input[units] : cell.builder.linear(cell.input, "skip", width: outputSize)
    return share == 1 ? taken : share * taken
  }
}

extension String {
  fileprivate var trimmingWeight: String {
    hasPrefix("weight_") ? String(dropFirst("weight_".count)) : self
  }
}
