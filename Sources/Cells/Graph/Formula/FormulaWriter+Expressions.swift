import TensorCore

extension FormulaWriter {
  typealias Binding = Notation.Binding
  typealias Expression = (text: String, binding: Binding)

  /// A node as an expression of named values; `isTop` where its own line is being written.
  func expression(_ id: NodeID, isTop: Bool = false) -> Expression {
    if !isTop, let name = names[id] { return (name, .atom) }
    if let (parameter, block) = parameterBlock(id) {
      return (symbol(parameter, block), .atom)
    }
    switch graph[id].operation {
    case .sequence(let index): return (index == 0 ? "x" : cell.sequences[index].name, .atom)
    case .state(let index): return (stateNames[index], .atom)
    case .parameter(let index): return (symbol(cell.parameters[index], ""), .atom)
    case .constant(let value, _, _): return (number(value), value < 0 ? .sum : .atom)
    case .identity: return ("I", .atom)
    case .table(let table):
      return (style.symbol("K", below: "\(table.rows)x\(table.columns)"), .atom)
    case .apply(let function, let operands): return application(function, operands)
    case .broadcast(let a, _): return expression(a)
    case .affine(let terms, let biases):
      let products = terms.map { term in
        part(term.weight, .atom) + (term.isTransposed ? style.transposed : "") + " "
          + part(term.signal, .atom)
      }
      let summands = products + biases.map { part($0, .sum) }
      return (summands.joined(separator: " + "), summands.count > 1 ? .sum : .matrixProduct)
    case .slice(let a, let range), .rows(let a, let range):
      return ("\(part(a, .atom))[\(range.lowerBound)..\(range.upperBound - 1)]", .atom)
    case .oneHot(let a, _): return (style.function("onehot", part(a, .sum)), .atom)
    case .concatenate(let parts), .stack(let parts):
      return ("[" + parts.map { part($0, .sum) }.joined(separator: "; ") + "]", .atom)
    case .sum(let a): return (style.function("sum", part(a, .sum)), .atom)
    case .maximum(let a): return (style.function("max", part(a, .sum)), .atom)
    case .cumulativeSum(let a, _): return (style.function("cumsum", part(a, .sum)), .atom)
    case .spread(let a, _): return expression(a)
    case .sumAlong(let a, let axis):
      return matrixRead(a, axis) ?? (style.axis("sum", axis, part(a, .sum)), .atom)
    case .maximumAlong(let a, let axis): return (style.axis("max", axis, part(a, .sum)), .atom)
    case .transpose(let a): return (part(a, .atom) + style.transposed, .atom)
    case .outer(let a, let b, _): return (style.function("outer", list([a, b])), .atom)
    case .total(let a): return (style.function("total", list([a])), .atom)
    }
  }

  /// An operand, in parentheses if it binds less tightly than its place requires.
  private func part(_ id: NodeID, _ least: Binding) -> String {
    let (text, binding) = expression(id)
    return binding < least ? "(\(text))" : text
  }

  private func list(_ operands: [NodeID]) -> String {
    operands.map { part($0, .sum) }.joined(separator: ", ")
  }

  private func application(_ function: ElementwiseFunction, _ x: [NodeID]) -> Expression {
    if function == .copy { return expression(x[0]) }
    if function == .multiply, let outer = outerProduct(x) { return outer }
    if function == .multiply, x.contains(where: { graph.constant($0) != nil }) {
      // A number is written before what it scales.
      let (first, second) = graph.constant(x[1]) != nil ? (x[1], x[0]) : (x[0], x[1])
      return (part(first, .product) + " " + part(second, .product), .product)
    }
    let notation = function.word.notation
    let (template, binding) = style == .text ? notation.text : notation.latex
    let parts = template.parts.map { piece in
      switch piece {
      case .sign(let sign): sign
      case .operand(let index, let least): part(x[index], least)
      }
    }
    return (parts.joined(), binding)
  }

  /// `k vᵀ`: each head's product of a key, repeated along rows, and a value, repeated along columns.
  private func outerProduct(_ x: [NodeID]) -> Expression? {
    guard case .spread(let key, let along) = graph[x[0]].operation,
      case .spread(let value, let across) = graph[x[1]].operation,
      along.inner == 1, across.inner == along.count
    else { return nil }
    return (part(key, .atom) + " " + part(value, .atom) + style.transposed, .matrixProduct)
  }

  /// `Sᵀ q`: the rows of each head's matrix, weighted and added up.
  private func matrixRead(_ product: NodeID, _ axis: Axis) -> Expression? {
    guard case .apply(.multiply, let x) = graph[product].operation,
      case .spread(let query, let along) = graph[x[0]].operation,
      along.inner == 1, along.count == axis.inner
    else { return nil }
    return (part(x[1], .atom) + style.transposed + " " + part(query, .atom), .matrixProduct)
  }

  /// A parameter's block: `W_f`, `U_f`, `b_f` of the usual ones, `W^ch_f` of others.
  private func symbol(_ parameter: CellGraph.Parameter, _ block: String) -> String {
    // A published weight is called as its layer is.
    let name =
      parameter.name.hasSuffix(".weight")
      ? String(parameter.name.dropLast(".weight".count)) : parameter.name
    let isMatrix = !parameter.isSignal
    func suffix(_ prefix: String) -> String? {
      name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }
    if let pair = suffix("weight_") {
      let letters = ["ih": isMatrix ? "W" : "w", "hh": isMatrix ? "U" : "u"]
      if let letter = letters[pair] { return style.symbol(letter, below: block) }
      return style.symbol(isMatrix ? "W" : "w", above: pair, below: block)
    }
    if let pair = suffix("bias_") {
      return style.symbol("b", above: pair == "ih" ? "" : pair, below: block)
    }
    return style.symbol(name, below: block)
  }

  /// A number without `.0`; six decimals, unless it is too small for them.
  private func number(_ value: Double) -> String {
    let rounded = abs(value) < 1e-3 ? value : (value * 1e6).rounded() / 1e6
    let text = "\(rounded)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
