import Requirements

/// Writes a program for the elementwise machine value by value, and allocates registers.
///
/// ```swift
/// var writer = ProgramWriter()
/// let product = writer.apply(.multiply, [writer.load(0), writer.constant(2)])
/// writer.store(product, to: 1)
/// let program = writer.program(operands: 2)
/// ```
package struct ProgramWriter {
  /// A value that the program computes.
  package struct Value: Hashable, Sendable {
    fileprivate let index: Int
  }

  private enum Definition {
    case load(Int)
    case constant(Int)
    case apply(ElementwiseFunction, [Value])
  }

  private var definitions: [Definition] = []
  private var stores: [(value: Value, operand: Int)] = []
  private var constants: [Float] = []
  private var loaded: [Int: Value] = [:]

  package init() {}

  /// An operand's elements; it is loaded once.
  package mutating func load(_ operand: Int) -> Value {
    if let value = loaded[operand] { return value }
    let value = define(.load(operand))
    loaded[operand] = value
    return value
  }

  package mutating func constant(_ value: Double) -> Value {
    constants.append(Float(value))
    return define(.constant(constants.count - 1))
  }

  package mutating func apply(_ function: ElementwiseFunction, _ x: [Value]) -> Value {
    define(.apply(function, x))
  }

  /// The value of an expression.
  package mutating func write(_ expression: Expression) -> Value {
    switch expression.node {
    case .operand(let index): return load(index)
    case .constant(let value): return constant(value)
    case .apply(let function, let x):
      let values = x.map { write($0) }
      return apply(function, values)
    }
  }

  /// Stores a value to an operand, after everything is computed.
  package mutating func store(_ value: Value, to operand: Int) {
    stores.append((value, operand))
  }

  private mutating func define(_ definition: Definition) -> Value {
    definitions.append(definition)
    return Value(index: definitions.count - 1)
  }

  /// The program. A value's register is free again after the last instruction that reads it.
  package func program(operands: Int) -> ElementwiseProgram {
    var registers = RegisterAllocation(lastReads: lastReads())
    var instructions = definitions.enumerated().map { index, definition -> ElementwiseInstruction in
      switch definition {
      case .load(let operand):
        return .load(operand: UInt8(operand), to: registers.register(for: index))
      case .constant(let number):
        return .constant(UInt8(number), to: registers.register(for: index))
      case .apply(let function, let x):
        let sources = x.map { registers[$0.index] }
        for value in x { registers.free(value.index, after: index) }
        return .apply(function, sources, to: registers.register(for: index))
      }
    }
    instructions += stores.map { .store(registers[$0.value.index], operand: UInt8($0.operand)) }
    return ElementwiseProgram(instructions, constants: constants, operandCount: operands)
  }

  /// The number of the last definition that reads each value: its own where none does, past the end if it is
  /// stored.
  private func lastReads() -> [Int] {
    var last = Array(definitions.indices)
    for (index, definition) in definitions.enumerated() {
      if case .apply(_, let x) = definition { for value in x { last[value.index] = index } }
    }
    for store in stores { last[store.value.index] = definitions.count }
    return last
  }
}

/// Which register holds each value.
private struct RegisterAllocation {
  private let lastReads: [Int]
  private var registers: [Int: UInt8] = [:]
  private var unused: [UInt8] = []
  private var count: UInt8 = 0

  init(lastReads: [Int]) { self.lastReads = lastReads }

  subscript(value: Int) -> UInt8 {
    guard let register = registers[value] else { failure("value \(value) has no register") }
    return register
  }

  /// A register for a value that is defined now.
  mutating func register(for value: Int) -> UInt8 {
    let register: UInt8
    if let free = unused.popLast() {
      register = free
    } else {
      register = count
      count += 1
    }
    registers[value] = register
    if lastReads[value] == value { free(value, after: value) }
    return register
  }

  /// Frees a value's register if no later instruction reads it.
  mutating func free(_ value: Int, after index: Int) {
    guard lastReads[value] == index, let register = registers.removeValue(forKey: value) else {
      return
    }
    unused.append(register)
  }
}
