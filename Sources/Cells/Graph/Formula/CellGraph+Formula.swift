extension CellGraph {
  /// How a formula is written.
  public enum FormulaStyle: String, Sendable, Hashable, CaseIterable {
    /// Plain text: `h' = (1 - z) ∘ n + z ∘ h`.
    case text
    /// An `aligned` environment of LaTeX.
    case latex
  }

  /// The cell's equations, read back from the graph, a line each.
  ///
  /// ```
  /// f = σ(W_f x + b_f + U_f h)
  /// n = tanh(W_n x + b_n + U_n (f ∘ h))
  /// h' = (1 - f) ∘ h + f ∘ n
  /// ```
  ///
  /// x is the input, y the output where it is not the first state; a prime marks what a state becomes. `W_f` is
  /// block f of `weight_ih`, `U_f` of `weight_hh`, `b_f` of `bias_ih`; `W^ch_f` is block f of `weight_ch`,
  /// and `b^hh_f` of `bias_hh`; published weights have their layers' names. `k vᵀ` and `Sᵀ q` are products within each
  /// head, `sum_n` and `max_n` reduce an axis of n units. Small letters are vectors with a weight for each unit; ∘ multiplies unit by unit.
  public func formula(_ style: FormulaStyle = .text) -> String {
    var writer = FormulaWriter(self, style)
    return writer.formula()
  }
}

/// The signs of one style.
extension CellGraph.FormulaStyle {
  private static let greek: Set<String> = [
    "alpha", "beta", "gamma", "zeta", "eta", "theta", "nu", "lambda", "omega",
  ]

  /// A symbol with an index above and one below; empty ones are left out.
  func symbol(_ base: String, above: String = "", below: String = "") -> String {
    func name(_ name: String) -> String {
      guard self == .latex else { return name }
      if Self.greek.contains(name) { return "\\\(name)" }
      if name.count > 1, name.first?.isLetter == true, name.dropFirst().allSatisfy(\.isNumber) {
        return "\(name.prefix(1))_{\(name.dropFirst())}"
      }
      return name.count > 1 ? "\\mathrm{\(name.replacing("_", with: "\\_"))}" : name
    }
    func index(_ mark: String, _ index: String) -> String {
      index.isEmpty ? "" : self == .text ? mark + index : "\(mark){\(name(index))}"
    }
    return name(base) + index("^", above) + index("_", below)
  }

  /// A call of a function along the units.
  func function(_ name: String, _ arguments: String) -> String {
    switch (self, name) {
    case (.text, _): "\(name)(\(arguments))"
    case (.latex, "max"): "\\max(\(arguments))"
    case (.latex, _): "\\operatorname{\(name)}(\(arguments))"
    }
  }

  /// A call of a reduction along an axis, with the axis's length below its name.
  func axis(_ name: String, _ axis: Axis, _ argument: String) -> String {
    self == .text
      ? "\(name)_\(axis.count)(\(argument))"
      : "\\operatorname{\(name)}_{\(axis.count)}(\(argument))"
  }

  var transposed: String { self == .text ? "ᵀ" : "^\\top" }

  func lines(_ lines: [(name: String, value: String)]) -> String {
    switch self {
    case .text: lines.map { "\($0.name) = \($0.value)" }.joined(separator: "\n")
    case .latex:
      "\\begin{aligned}\n"
        + lines.map { "\($0.name) &= \($0.value)" }.joined(separator: " \\\\\n")
        + "\n\\end{aligned}"
    }
  }
}
