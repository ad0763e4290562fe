import TensorCore

/// A cell of a text: its states, parameters and equations, with sizes that may be stated in terms of I and H.
struct CellDefinition: Hashable, Sendable {
  /// A state: its name in the text, its own name, and the axes of its units, H units unless stated.
  struct State: Hashable, Sendable {
    var name: String
    var storedName: String
    var shape: [Term] = []
    var place = Ignored(TextPlace())
  }

  /// A declared parameter, or block of one.
  struct Parameter: Hashable, Sendable {
    /// Its name in the text.
    var name: String
    /// Its name in the graph, with the block after a dot.
    var storedName: String
    /// One size for a vector, two for a matrix; any number for a parameter that is stated as a whole.
    var shape: [Term]
    /// How it is stated.
    var kind = Kind.blocks
    var start: Start?
    /// Whether it is a bias: zero, and no parameter, where biases are off.
    var isOptional = false
    var place = Ignored(TextPlace())
  }

  /// How a parameter is stated.
  enum Kind: String, Hashable, Sendable {
    /// With blocks after its dots: a vector or a matrix.
    case blocks = "parameter"
    /// As a whole, dots included, as published weights are: matrices that products multiply with.
    case weight
    /// As a whole: numbers that are a signal's units.
    case signal
  }

  /// The initialization of a parameter: a word of ``StartWord`` with its numbers, or a block's name.
  struct Start: Hashable, Sendable {
    var word: String
    var numbers: [Term] = []
    var block: String?
    var place = Ignored(TextPlace())
  }

  /// The left side of an equation.
  enum Target: Hashable, Sendable {
    case value(String)
    /// What a state becomes, by the state's name in the text.
    case update(String)
    case output
  }

  /// An equation.
  struct Equation: Hashable, Sendable {
    var target: Target
    var term: Term
    var place = Ignored(TextPlace())
  }

  /// The sizes for which a definition is meant.
  struct Sizes: Hashable, Sendable {
    /// The input size, if only one suits.
    var input: Int?
    /// The hidden size, if only one suits.
    var hidden: Int?
    /// Whether the input size is the hidden size.
    var areEqual = false

    func contains(input: Int, hidden: Int) -> Bool {
      (self.input.map { $0 == input } ?? true) && (self.hidden.map { $0 == hidden } ?? true)
        && (!areEqual || input == hidden)
    }
  }

  var name: String
  /// The input's name in the text.
  var input = "x"
  var states: [State] = []
  var sizes = Sizes()
  /// The options that the cell was made with, by name.
  var options: [SavedOption] = []
  var parameters: [Parameter] = []
  var equations: [Equation] = []
  var place = Ignored(TextPlace())
}

/// An option of a cell in its text.
struct SavedOption: Hashable, Sendable {
  var name: String
  var value: OptionValue
}

/// A value that does not count when two texts are compared.
struct Ignored<Value: Sendable>: Hashable, Sendable {
  var value: Value

  init(_ value: Value) { self.value = value }

  static func == (a: Self, b: Self) -> Bool { true }
  func hash(into hasher: inout Hasher) {}
}

/// An expression of a cell's text.
struct Term: Hashable, Sendable {
  /// What an expression is, before its parts.
  enum Head: Hashable, Sendable {
    case number(Double)
    case name(String)
    case function(ElementwiseFunction)
    /// A matrix and a signal.
    case product
    case word(Word)
    /// A matrix of numbers.
    case table(Table)
  }

  let head: Head
  let parts: [Term]
  /// The operations, one within the other, this one included.
  let depth: Int
  let place: Ignored<TextPlace>

  init(_ head: Head, _ parts: [Term] = [], at place: TextPlace = TextPlace()) {
    self.head = head
    self.parts = parts
    depth = 1 + (parts.lazy.map(\.depth).max() ?? 0)
    self.place = Ignored(place)
  }

  static func number(_ value: Double) -> Term { Term(.number(value)) }
  static func name(_ name: String) -> Term { Term(.name(name)) }
  static func infix(_ function: ElementwiseFunction, _ a: Term, _ b: Term) -> Term {
    Term(.function(function), [a, b])
  }
  /// The input size.
  static let inputSize = Term(.name(Reserved.inputSize))
  /// The hidden size.
  static let hiddenSize = Term(.name(Reserved.hiddenSize))

  /// The number, if it is one.
  var number: Double? { if case .number(let value) = head { value } else { nil } }
}

/// Names with a meaning of their own.
enum Reserved {
  static let inputSize = "I"
  static let hiddenSize = "H"
  static let output = "y"
  static let cell = "cell"
  static let option = "option"
  static let parameter = "parameter"
  static let optional = "optional"
  static let sizes = "for"
  static let infinity = "infinity"

  /// All of them, and the names of words: no value of an equation may have such a name.
  static let names: Set<String> = Set(
    [
      inputSize, hiddenSize, output, cell, option, parameter, sizes, infinity,
    ] + Word.names)
}

/// The names of parameters in a text: short ones for the usual parameters.
enum ParameterNames {
  /// Beginnings of names in the text and in the graph.
  static let prefixes: [(text: String, stored: String, isMatrix: Bool)] = [
    ("W_", "weight_", true), ("w_", "weight_", false), ("b_", "bias_", false),
  ]

  /// The graph's name of a parameter that the text calls so.
  static func stored(_ name: String) -> String {
    for prefix in prefixes where name.hasPrefix(prefix.text) {
      return prefix.stored + name.dropFirst(prefix.text.count)
    }
    return name
  }

  /// The usual name in the text.
  static func text(_ stored: String, isMatrix: Bool) -> String {
    for prefix in prefixes where prefix.isMatrix == isMatrix && stored.hasPrefix(prefix.stored) {
      return prefix.text + stored.dropFirst(prefix.stored.count)
    }
    return stored
  }

  /// Whether an undeclared name stands for a matrix (true) or a vector (false); nil if it has to be declared.
  static func isMatrix(_ name: String) -> Bool? {
    prefixes.first { name.hasPrefix($0.text) && name.count > $0.text.count }?.isMatrix
  }

  /// Whether an undeclared name stands for a bias, which is zero where biases are off.
  static func isBias(_ name: String) -> Bool { name.hasPrefix("b_") }
}

extension CellDefinition.Parameter {
  /// The parameter that it is, or is a block of.
  var whole: String {
    kind == .blocks
      ? storedName.split(separator: ".", maxSplits: 1).first.map(String.init) ?? storedName
      : storedName
  }

  /// Whether its numbers are a signal's.
  var isSignal: Bool { kind == .signal || kind == .blocks && shape.count == 1 }
}
