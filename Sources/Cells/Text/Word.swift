import TensorCore

/// A word of the notation besides the elementwise ones, which ``ElementwiseFunction`` lists: what it is called, what it
/// is given, the nodes that it adds to a graph, and how it is found in one.
///
/// Reading a text, printing a graph and writing Swift all use this one table, so that a new word is one entry.
struct Word: Hashable, Sendable {
  /// What a word is given.
  enum Argument: Sendable {
    case signal, matrix, number, size
  }

  /// What was found in a graph as an argument.
  enum Found {
    case node(NodeID)
    case number(Double)

    static func size(_ value: Int) -> Found { .number(Double(value)) }
  }

  /// The name in a text.
  let name: String
  let arguments: [Argument]
  /// Whether the last argument may be repeated.
  var isVariadic = false
  /// The same in Swift: `$0` is the first argument, `$*` all of them.
  let swift: String
  /// Adds the nodes.
  let make: @Sendable (WordArguments) -> TextValue
  /// What is wrong with the arguments: expected and found; nil if nothing is.
  var fault: @Sendable (WordArguments) -> (expected: String, found: String)? = { _ in nil }
  /// The arguments of a node that is this word, or that could be its last node; nil if it is not.
  let find: @Sendable (Graph, NodeID) -> [Found]?

  /// Whether the word takes this number of arguments.
  func takes(_ count: Int) -> Bool {
    count == arguments.count || isVariadic && count > arguments.count
  }

  func argument(_ index: Int) -> Argument { arguments[min(index, arguments.count - 1)] }

  static func == (a: Word, b: Word) -> Bool {
    a.name == b.name && a.arguments.count == b.arguments.count
  }
  func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(arguments.count)
  }
}

/// What a name or an expression of a text stands for.
enum TextValue {
  case signal(NodeID)
  /// A matrix that depends on parameters alone.
  case matrix(NodeID, groups: Int = 1, isTransposed: Bool = false)

  var id: NodeID {
    switch self {
    case .signal(let id), .matrix(let id, _, _): id
    }
  }
}

/// The arguments of a word, checked for their kinds.
struct WordArguments {
  enum Value {
    case node(NodeID)
    case number(Double)
  }

  let values: [Value]
  let trace: Trace

  func id(_ index: Int) -> NodeID { if case .node(let id) = values[index] { id } else { 0 } }
  func signal(_ index: Int) -> Signal { Signal(id: id(index), trace: trace) }
  var signals: [Signal] { values.indices.map(signal) }
  func number(_ index: Int) -> Double {
    if case .number(let value) = values[index] { value } else { 0 }
  }
  func size(_ index: Int) -> Int { Int(number(index)) }
  func width(_ index: Int) -> Int { trace.graph[id(index)].columns }
  func rows(_ index: Int) -> Int { trace.graph[id(index)].rows }
}

// MARK: The table

extension Word {
  /// All words. A node is printed as the first that it is.
  static let all: [Word] =
    compositions + [
      Word(
        name: "sum", arguments: [.signal], swift: "$0.sum()", make: { .signal($0.signal(0).sum()) },
        find: { graph, id in
          if case .sum(let a) = graph[id].operation { [.node(a)] } else { nil }
        }),
      Word(
        name: "max", arguments: [.signal], swift: "$0.maximum()",
        make: { .signal($0.signal(0).maximum()) },
        find: { graph, id in
          if case .maximum(let a) = graph[id].operation { [.node(a)] } else { nil }
        }),
      Word(
        name: "cumsum", arguments: [.signal], swift: "$0.cumulativeSum()",
        make: { .signal($0.signal(0).cumulativeSum()) },
        find: { graph, id in
          if case .cumulativeSum(let a, false) = graph[id].operation { [.node(a)] } else { nil }
        }),
      Word(
        name: "concatenate", arguments: [.signal, .signal], isVariadic: true,
        swift: "concatenate($*)", make: { .signal(concatenate(all: $0.signals)) },
        find: { graph, id in
          guard case .concatenate(let parts) = graph[id].operation, parts.count > 1 else {
            return nil
          }
          return parts.map { .node($0) }
        }),
      Word(
        name: "broadcast", arguments: [.signal, .size], swift: "$0.broadcast(to: $1)",
        make: { .signal($0.signal(0).broadcast(to: $0.size(1))) },
        fault: { $0.width(0) == 1 ? nil : ("a signal of one unit", units($0.width(0))) },
        find: { graph, id in
          guard case .broadcast(let a, let columns) = graph[id].operation else { return nil }
          return [.node(a), .size(columns)]
        }),
      Word(
        name: "repeat", arguments: [.signal, .size], swift: "$0.repeated(each: $1)",
        make: { .signal($0.signal(0).repeated(each: $0.size(1))) }, fault: { tooWide($0) },
        find: { graph, id in
          guard case .spread(let a, let axis) = graph[id].operation, axis.inner == 1,
            axis.count > 1
          else { return nil }
          return [.node(a), .size(axis.count)]
        }),
      Word(
        name: "spread", arguments: [.signal, .size, .size],
        swift: "$0.spread(count: $1, inner: $2)",
        make: { .signal($0.signal(0).spread(count: $0.size(1), inner: $0.size(2))) },
        fault: { $0.width(0) % $0.size(2) == 0 ? tooWide($0) : division($0, $0.size(2)) },
        find: { graph, id in
          guard case .spread(let a, let axis) = graph[id].operation else { return nil }
          return [.node(a), .size(axis.count), .size(axis.inner)]
        }),
      Word(
        name: "sum", arguments: [.signal, .size, .size], swift: "$0.sum(count: $1, inner: $2)",
        make: { .signal($0.signal(0).sum(count: $0.size(1), inner: $0.size(2))) },
        fault: { division($0, $0.size(1) * $0.size(2)) },
        find: { graph, id in
          guard case .sumAlong(let a, let axis) = graph[id].operation else { return nil }
          return [.node(a), .size(axis.count), .size(axis.inner)]
        }),
      Word(
        name: "max", arguments: [.signal, .size, .size], swift: "$0.maximum(count: $1, inner: $2)",
        make: { .signal($0.signal(0).maximum(count: $0.size(1), inner: $0.size(2))) },
        fault: { division($0, $0.size(1) * $0.size(2)) },
        find: { graph, id in
          guard case .maximumAlong(let a, let axis) = graph[id].operation else { return nil }
          return [.node(a), .size(axis.count), .size(axis.inner)]
        }),
      Word(
        name: "row", arguments: [.matrix, .size], swift: "$0[$1]",
        make: { .signal(Matrix(id: $0.id(0), trace: $0.trace)[$0.size(1)]) },
        fault: {
          $0.size(1) < $0.rows(0)
            ? nil : ("a row from 0 to \($0.rows(0) - 1)", "row \($0.size(1))")
        },
        find: { graph, id in
          guard case .rows(let a, let range) = graph[id].operation, range.count == 1 else {
            return nil
          }
          return [.node(a), .size(range.lowerBound)]
        }),
      slice,
      Word(
        name: "transpose", arguments: [.matrix], swift: "$0.transposed()",
        make: { .matrix($0.trace.add(.transpose($0.id(0)))) },
        find: { graph, id in
          if case .transpose(let a) = graph[id].operation { [.node(a)] } else { nil }
        }),
      stacked,
      Word(
        name: "identity", arguments: [.size], swift: "cell.identity($0)",
        make: { .matrix($0.trace.add(.identity($0.size(0)))) },
        find: { graph, id in
          if case .identity(let size) = graph[id].operation { [.size(size)] } else { nil }
        }),
      Word(
        name: "constant", arguments: [.number, .size], swift: "cell.constant($0, width: $1)",
        make: { .signal($0.trace.add(.constant($0.number(0), columns: $0.size(1)))) },
        find: { graph, id in
          guard case .constant(let value, 1, let columns) = graph[id].operation, columns > 1 else {
            return nil
          }
          return [.number(value), .size(columns)]
        }),
      constant,
      Word(
        name: "chunk", arguments: [.signal, .size, .size], swift: "$0.chunks($2)[$1]",
        make: {
          let width = $0.width(0) / $0.size(2)
          guard $0.size(2) > 1 else { return .signal($0.signal(0)) }
          return .signal($0.signal(0)[$0.size(1) * width..<($0.size(1) + 1) * width])
        },
        fault: {
          let (width, index, count) = ($0.width(0), $0.size(1), $0.size(2))
          return count > 0 && width % count == 0 && index < count
            ? nil
            : (
              "the number of a chunk, from 0, and a number of chunks that divides \(width)",
              "chunk \(index) of \(count)"
            )
        }, find: { _, _ in nil }),
    ]

  /// The units of a range, which a text writes as `x[a..<b]`.
  static let slice = Word(
    name: "[", arguments: [.signal, .size, .size], swift: "$0[$1..<$2]",
    make: { .signal($0.trace.add(.slice($0.id(0), $0.size(1)..<$0.size(2)))) },
    fault: {
      let (width, low, high) = ($0.width(0), $0.size(1), $0.size(2))
      return low < high && high <= width
        ? nil : ("a range of units within 0..<\(width)", "\(low)..<\(high)")
    },
    find: { graph, id in
      guard case .slice(let a, let range) = graph[id].operation else { return nil }
      return [.node(a), .size(range.lowerBound), .size(range.upperBound)]
    })

  /// The matrices of all groups of a weight as one, one below the other.
  static let stacked = Word(
    name: "stacked", arguments: [.matrix], swift: "$0.stacked", make: { .matrix($0.id(0)) },
    find: { _, _ in nil })

  /// A number that is computed from the sizes.
  static let constant = Word(
    name: "constant", arguments: [.number], swift: "cell.constant($0)",
    make: { .signal($0.trace.add(.constant($0.number(0), columns: 1))) }, find: { _, _ in nil })

  static let names = Set(
    all.map(\.name)
      + ElementwiseFunction.allCases.compactMap {
        if case .call(let name, _) = $0.word.notation.spelling { name } else { nil }
      })

  /// The words of a name.
  static func named(_ name: String) -> [Word] { all.filter { $0.name == name && name != "[" } }

  /// A signal would be wider than a text may ask for.
  private static func tooWide(
    _ arguments: WordArguments
  ) -> (expected: String, found: String)? {
    let width = arguments.width(0) * arguments.size(1)
    return width <= TextLimits.width ? nil : ("at most \(units(TextLimits.width))", "\(width)")
  }

  /// The units of an axis do not divide those of the signal.
  private static func division(
    _ arguments: WordArguments, _ divisor: Int
  ) -> (expected: String, found: String)? {
    arguments.width(0) % divisor == 0
      ? nil : ("axes that divide \(units(arguments.width(0)))", "\(divisor)")
  }

  static func units(_ count: Int) -> String { count == 1 ? "one unit" : "\(count) units" }
}

extension TextValue {
  static func signal(_ signal: Signal) -> TextValue { .signal(signal.id) }
}

extension ElementwiseFunction {
  /// The functions that a text calls by name.
  static let calls: [String: [ElementwiseFunction]] = Dictionary(
    grouping: allCases.compactMap { function in
      if case .call(let name, _) = function.word.notation.spelling { (name, function) } else { nil }
    }, by: \.0
  ).mapValues { $0.map(\.1) }

  /// The functions that a text writes as a sign between their operands.
  static let signs: [String: ElementwiseFunction] = Dictionary(
    uniqueKeysWithValues: allCases.compactMap { function in
      if case .infix(let sign, _) = function.word.notation.spelling {
        (sign, function)
      } else {
        nil
      }
    })
}
