internal import CTensorKernels
import Requirements

/// One instruction of the elementwise machine. A register holds a block of floats.
package enum ElementwiseInstruction: Sendable, Hashable {
  /// The register takes the operand's elements.
  case load(operand: UInt8, to: UInt8)
  /// Every element of the register takes the constant's value.
  case constant(UInt8, to: UInt8)
  /// The register takes the function of other registers.
  case apply(ElementwiseFunction, [UInt8], to: UInt8)
  /// The operand takes the register's elements.
  case store(UInt8, operand: UInt8)

  /// The register that the instruction writes to; a store writes to none.
  fileprivate var destination: UInt8? {
    switch self {
    case .load(_, let register), .constant(_, let register), .apply(_, _, let register): register
    case .store: nil
    }
  }

  /// The instruction in the kernels' form.
  fileprivate var code: ctk_instruction {
    switch self {
    case .load(let operand, let register):
      ctk_instruction(operation: CTK_LOAD, destination: register, a: operand, b: 0, c: 0)
    case .constant(let number, let register):
      ctk_instruction(operation: CTK_CONSTANT, destination: register, a: number, b: 0, c: 0)
    case .apply(let function, let x, let register):
      ctk_instruction(
        operation: function.operation, destination: register, a: x[0],
        b: x.count > 1 ? x[1] : 0, c: x.count > 2 ? x[2] : 0)
    case .store(let register, let operand):
      ctk_instruction(operation: CTK_STORE, destination: operand, a: register, b: 0, c: 0)
    }
  }
}

/// Where a program finds an operand: element (r, j) stands at
/// `base[r * rowStride + j * columnStride]`.
package struct ElementwiseOperand: Sendable {
  package var base: Floats
  /// 0: the same row for all.
  package var rowStride: Int
  /// 1: a row of floats; 0: one float for the whole row.
  package var columnStride: Int

  package init(_ base: Floats, rowStride: Int, columnStride: Int = 1) {
    self.base = base
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// The operand from a row on, in the kernels' form.
  fileprivate func code(fromRow row: Int) -> ctk_operand {
    ctk_operand(
      base: base.pointer + row * rowStride, row_stride: rowStride, column_stride: columnStride)
  }
}

/// A program for the elementwise machine, checked once when it is made and immutable from then on.
///
/// It runs over blocks that stay in the L1 cache; no intermediate value goes to memory. A program
/// may run on several threads at the same time.
package struct ElementwiseProgram: Sendable {
  private let code: Code

  /// The program in the kernels' form, valid while this value is alive.
  var pointer: UnsafePointer<ctk_program> { code.program }

  package var instructions: [ElementwiseInstruction] { code.instructions }
  package var constants: [Float] { code.constants }
  package var operandCount: Int { code.operandCount }
  package var registerCount: Int { code.registerCount }
  /// Operations on each element; a mere copy counts as one.
  package var operationCount: Int {
    max(1, instructions.count { if case .apply = $0 { true } else { false } })
  }

  /// The numbers of the operands that it reads, and of those that it writes.
  package var loadedOperands: [Int] {
    instructions.compactMap { if case .load(let operand, _) = $0 { Int(operand) } else { nil } }
  }
  package var storedOperands: [Int] {
    instructions.compactMap { if case .store(_, let operand) = $0 { Int(operand) } else { nil } }
  }

  /// The most registers and operands that a program may use.
  package static let maximumRegisters = Int(CTK_MAX_REGISTERS)
  package static let maximumOperands = Int(CTK_MAX_OPERANDS)

  /// A program whose operands are numbered from 0 to `operandCount - 1`. Every store must come after
  /// every load, and a register must be written before it is read.
  package init(_ instructions: [ElementwiseInstruction], constants: [Float], operandCount: Int) {
    code = Code(instructions, constants, operandCount)
  }

  /// Runs over `rows` rows of `width` elements. An operand that is stored to may be the same memory,
  /// with the same strides, as one that is loaded; otherwise it must not overlap one.
  package func run(_ operands: [ElementwiseOperand], rows: Int, width: Int) {
    run(operands, rows: 0..<rows, width: width)
  }

  /// Runs over some of the rows.
  package func run(_ operands: [ElementwiseOperand], rows: Range<Int>, width: Int) {
    withUnsafeTemporaryAllocation(of: ctk_operand.self, capacity: operands.count) { codes in
      for (index, operand) in operands.enumerated() {
        codes.initializeElement(at: index, to: operand.code(fromRow: rows.lowerBound))
      }
      run(codes, rows: rows.count, width: width)
    }
    keepAlive(operands)
  }

  /// The same over operands in the kernels' form, whose memory the caller keeps alive.
  func run(_ operands: UnsafeMutableBufferPointer<ctk_operand>, rows: Int, width: Int) {
    ctk_program_run(code.program, operands.baseAddress, rows, width)
  }
}

/// The memory of a program, in the kernels' form. `@unchecked Sendable`: it never changes after `init`.
private final class Code: @unchecked Sendable {
  let instructions: [ElementwiseInstruction]
  let constants: [Float]
  let operandCount: Int
  let registerCount: Int
  let program: UnsafePointer<ctk_program>

  init(_ instructions: [ElementwiseInstruction], _ constants: [Float], _ operandCount: Int) {
    self.instructions = instructions
    self.constants = constants
    self.operandCount = operandCount
    registerCount = instructions.compactMap(\.destination).map { Int($0) + 1 }.max() ?? 0
    let code = UnsafeMutablePointer<ctk_instruction>.allocate(capacity: max(1, instructions.count))
    for (index, instruction) in instructions.enumerated() {
      (code + index).initialize(to: instruction.code)
    }
    let values = UnsafeMutablePointer<Float>.allocate(capacity: max(1, constants.count))
    values.initialize(from: constants, count: constants.count)
    let header = UnsafeMutablePointer<ctk_program>.allocate(capacity: 1)
    header.initialize(
      to: ctk_program(
        instructions: code, constants: values, instruction_count: Int32(instructions.count),
        constant_count: Int32(constants.count), register_count: Int32(registerCount),
        operand_count: Int32(operandCount)))
    program = UnsafePointer(header)
    if let complaint = ctk_program_check(header) {
      failure("not a program of the elementwise machine: \(String(cString: complaint))")
    }
  }

  deinit {
    program.pointee.instructions?.deallocate()
    program.pointee.constants?.deallocate()
    program.deallocate()
  }
}
