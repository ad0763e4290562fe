import Cells
import Testing

/// What is wrong in a text is named by line, column, what was expected, what was found, and what could be meant.
@Suite struct TextErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let line: Int
    let column: Int
    let expected: String
    let found: String
    var suggestion: String?

    init(
      _ text: String, _ line: Int, _ column: Int, _ expected: String, _ found: String,
      _ suggestion: String? = nil
    ) {
      testDescription = text
      self.text = text
      (self.line, self.column) = (line, column)
      (self.expected, self.found, self.suggestion) = (expected, found, suggestion)
    }
  }

  static let cases: [Case] = [
    Case(
      "cell a(x, h)\n  forget = sigmoid(W_ih x)\n  h' = frget * h", 3, 8,
      "a value that stands above, or a declared parameter", "frget", "forget"),
    Case(
      "cell a(x, h)\n  h' = tanhh(h)", 2, 8, "a word of the notation, or an operator before (",
      "tanhh", "tanh"),
    Case(
      "cell a(x, h)\n  h' = h * decay", 2, 12,
      "a value that stands above, or a declared parameter", "decay",
      "parameter decay[H], on a line above"),
    Case(
      "cell a(x, h)\n  h' = h * z", 2, 12,
      "a value that stands above, or a declared parameter", "z", "parameter z[H], on a line above"),
    Case(
      "cell a(x, h)\n  f = f + h\n  h' = f", 2, 7, "a value that stands above",
      "f, whose own equation is this one or below"),
    Case("cell a(x, h)\n  h' = tanh(h, h)", 2, 8, "1 argument of tanh", "2"),
    Case(
      "cell a(x, h, c)\n  h' = tanh(W_ih x)", 1, 14, "an equation for each state's new value",
      "none for c", "c' = c"),
    Case(
      "cell a(x, h)\n  h' = tanh(x)", 2, 8, "H units, as state h has", "I",
      "a product with a matrix, which changes the number of units"),
    Case(
      "cell a(x, h)\n  h' = x + h", 2, 8, "H units, or one, as the other operand has", "I",
      "a product with a matrix, which changes the number of units"),
    Case(
      "cell a(x, h)\n  parameter W_a[H, H]\n  h' = W_a x", 3, 12,
      "H units, for a matrix of H columns", "I units"),
    Case(
      "cell a(x, h)\n  h' = 2 h", 2, 8, "a matrix before what it multiplies", "a signal",
      "*, which multiplies unit by unit"),
    Case(
      "cell a(x, h)\n  h' = h ∘ h", 2, 10, "a name, a number or a sign of the notation", "∘", "*"),
    Case(
      "cell a(x, h)\n  h' = (h + 1", 2, 14, ") after what the parenthesis holds",
      "the end of the text"),
    Case("cell a(x, h)\n  h' = max(h, 1, 2, 3)", 2, 8, "1 or 2 or 3 arguments of max", "4"),
    Case(
      "cell a(x, h)\n  h' = max(h, 7, 1)", 2, 8, "axes that divide 720 units", "7"),
    Case(
      "cell a(x, h)\n  weight k[2, 3, 4]\n  h' = h + sum(row(transpose(k), 0))", 3, 20, "a matrix",
      "the transposed matrices of groups", "transpose(stacked(W)), which is one matrix"),
    Case(
      "cell a(x, h)\n  optional parameter W_a[H, H]\n  h' = W_a h", 2, 22,
      "a bias, which is a vector", "a matrix"),
    Case("cell a(x, h)\n  h' = h[0..<999]", 2, 9, "a range of units within 0..<720", "0..<999"),
    Case(
      "cell a(x, h)\n  h' = h[0..<H / 7]", 2, 16, "a whole number from 0 to 1048576",
      "\(720.0 / 7) for I = 360, H = 720"),
    Case("cell a(x, h)\n  h' = h\n  h' = h", 3, 3, "one new value of each state", "h' again"),
    Case("cell a(x, h)\n  a = h\n  a = h\n  h' = a", 3, 3, "a new name", "a again", "a2"),
    Case("cell a(x, h)\n  k' = h", 2, 3, "a state's name before '", "k", "h"),
    Case(
      "cell a(x, h)\n  tanh = h", 2, 3, "the name of a new value",
      "tanh, which has a meaning of its own", "tanh1"),
    Case(
      "cell a(x, h)\n  h' = h'", 2, 8, "a value that stands above", "h', which no line above gives"),
    Case(
      "cell a(x, h)\n  parameter k[H] ~ unform(0, 1)\n  h' = k * h", 2, 20,
      "a word for how a parameter starts", "unform", "uniform"),
    Case(
      "cell a(x, h)\n  parameter k[H] ~ uniform(1, 0)\n  h' = k * h", 2, 20,
      "a lower bound, then an upper one for uniform", "1, 0"),
    Case(
      "cell a(x, h)\n  h' = h + constant(0 / (H - H), H)", 2, 23, "a number",
      "a quotient or root that has no value"),
    Case("cell a(x)\n  y = x", 1, 9, ", and a state's name", ")", "(x, h)"),
    Case("mgu(x, h)", 1, 1, "cell NAME(x, h)", "mgu"),
    Case("", 1, 1, "cell NAME(x, h)", "the end of the text"),
    Case(
      "cell a(x, h)\n  h' = W_ih * x", 2, 13, "two matrices, or a number times a matrix",
      "a signal and a matrix", "a product without a sign: W x"),
    Case(
      "cell a(x, h)\n  h' = W_hh", 2, 8, "a signal", "a matrix",
      "a product of it with a signal: W x"),
  ]

  @Test(arguments: cases)
  func everyFaultIsNamed(_ fault: Case) throws {
    let error = #expect(throws: CellTextError.self) { try CellText(fault.text, file: "my.cell") }
    #expect(error?.line == fault.line)
    #expect(error?.column == fault.column)
    #expect(error?.expected == fault.expected)
    #expect(error?.found == fault.found)
    #expect(error?.suggestion == fault.suggestion)
    #expect(
      error?.description.hasPrefix("my.cell:\(fault.line):\(fault.column): expected ") == true)
  }

  /// Widths that fit for some sizes only are named for those where they don't.
  @Test func sizesThatDoNotSuitAreRefused() throws {
    let text = try CellText("cell a(x, h)\n  h' = h * concatenate(h[0..<H / 2], x)")
    #expect(throws: Never.self) { try text.validate(inputSize: 3, hiddenSize: 6) }
    let error = #expect(throws: UnsuitableOption.self) {
      try text.validate(inputSize: 4, hiddenSize: 6)
    }
    #expect(
      error?.description
        == "text, line 2, column 8: expected 7 units, or one, as the other operand has, found H: perhaps a product with a matrix, which changes the number of units"
    )
    let fixed = try CellText("cell a(x, h) for I = 3, H = 4\n  h' = h")
    let sizes = #expect(throws: UnsuitableOption.self) {
      try fixed.validate(inputSize: 3, hiddenSize: 5)
    }
    #expect(sizes?.expected == "I = 3, H = 4")
  }

  /// A text of one piece again and again.
  private static func text(_ start: String, _ piece: String, _ end: String = "") -> String {
    "cell a(x, h)\n" + start + String(repeating: piece, count: 100_000) + end
  }

  /// A text with many lines, each with its number.
  private static func lines(_ line: (Int) -> String) -> String {
    let lines: [String] = (0..<20_000).map(line)
    return "cell a(x, h)\n" + lines.joined() + "  h' = h\n"
  }

  static let excessive: [String] = [
    text("  h' = ", "(", "h"),
    text("  h' = ", "-", "h"),
    text("  h' = h", " + h"),
    text("  h' = ", "tanh("),
    text("  h' = ", "W_a ", "h"),
    text("  h' = h", "[0..<H]"),
    text("  option a = ", "["),
    text("", "\n  h' = h"),
    lines { "  a\($0) = tanh(h)\n" },
    lines { "  parameter a\($0)[H]\n" },
    lines { "  option a\($0) = 1\n" },
    "cell a(x, h[1000000], c[1000000], d[1000000], e[1000000], f[1000000])\n  h' = h",
    "cell a(x, h[99999999])\n  h' = h",
    "cell a(x, h[1e300])\n  h' = h",
    "cell a(x, h)\n  parameter W_a[1000000, 1000000]\n  h' = h",
    "cell a(x, h)\n  h' = repeat(h, 1000000)[0..<H]",
    "cell a(x, h)\n  h' = chunk(h, 0, 1000000)",
    "cell a(x, h)\n  h' = identity(1000000) broadcast(h[0..<1], 1000000)",
    String(repeating: "\n", count: 5_000_000),
  ]

  /// No text asks for more than the limits.
  @Test(arguments: 0..<excessive.count)
  func noTextAsksForMore(_ index: Int) {
    #expect(throws: CellTextError.self) { try CellText(Self.excessive[index]) }
  }
}
