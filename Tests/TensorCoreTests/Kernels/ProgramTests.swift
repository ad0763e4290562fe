import CTensorKernels
import Testing

/// A program as Swift arrays.
private struct Program {
  var instructions: [ctk_instruction] = []
  var constants: [Float] = []
  var registerCount = 0
  var operandCount = 0

  mutating func append(
    _ operation: ctk_operation, to destination: Int, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0
  ) {
    instructions.append(
      ctk_instruction(
        operation: operation, destination: UInt8(destination), a: UInt8(a), b: UInt8(b), c: UInt8(c)
      ))
  }

  func withProgram<Result>(_ body: (UnsafePointer<ctk_program>) -> Result) -> Result {
    instructions.withUnsafeBufferPointer { instructions in
      constants.withUnsafeBufferPointer { constants in
        var program = ctk_program(
          instructions: instructions.baseAddress, constants: constants.baseAddress,
          instruction_count: Int32(instructions.count), constant_count: Int32(constants.count),
          register_count: Int32(registerCount), operand_count: Int32(operandCount))
        return body(&program)
      }
    }
  }

  var fault: String? { withProgram { ctk_program_check($0).map { String(cString: $0) } } }
}

/// Where an operand stands in the one array that holds all of them.
private struct Place {
  var start: Int, rowStride: Int, columnStride: Int
}

private func run(
  _ program: Program, at places: [Place], rows: Range<Int>, width: Int, in memory: inout [Float],
  _ runner: (UnsafePointer<ctk_program>, UnsafePointer<ctk_operand>, Int, Int) -> Void
) {
  memory.withUnsafeMutableBufferPointer { memory in
    let operands = places.map {
      ctk_operand(
        base: memory.baseAddress! + $0.start + rows.lowerBound * $0.rowStride,
        row_stride: $0.rowStride, column_stride: $0.columnStride)
    }
    program.withProgram { runner($0, operands, rows.count, width) }
  }
}

private func run(
  _ program: Program, with kernels: Kernels, at places: [Place], rows: Range<Int>, width: Int,
  in memory: [Float]
) -> [Float] {
  var memory = memory
  run(program, at: places, rows: rows, width: width, in: &memory) {
    ctk_program_run_with(ctk_kernels_for(kernels.isa), $0, $1, $2, $3)
  }
  return memory
}

/// A random program over random layouts.
private struct ProgramCase {
  var program = Program()
  var places: [Place] = []
  var rows: Int, width: Int
  var memory: [Float]

  /// `operations` are those it may draw.
  init(_ generator: inout TestGenerator, _ operations: [ctk_operation]) {
    rows = generator.size(1...40)
    width = [1, 2, 10, 16, 33, 64, 100, 127, 128, 200, 700].randomElement(using: &generator)!
    var end = 0
    for _ in 0..<generator.size(1...6) {
      let stride = width + generator.size(0...1) * 3
      let place = [
        Place(start: end, rowStride: stride, columnStride: 1),
        Place(start: end, rowStride: stride, columnStride: 1),
        Place(start: end, rowStride: 0, columnStride: 1),
        Place(start: end, rowStride: 1, columnStride: 0),
        Place(start: end, rowStride: 0, columnStride: 0),
      ].randomElement(using: &generator)!
      places.append(place)
      end += (rows - 1) * place.rowStride + (width - 1) * place.columnStride + 1
    }
    program.registerCount = generator.size(3...7)
    program.constants = generator.floats(3)
    // Loads: some operands, some twice; the first registers are always written.
    for register in 0..<program.registerCount {
      if Bool.random(using: &generator) {
        program.append(CTK_LOAD, to: register, generator.size(0...places.count - 1))
      } else {
        program.append(CTK_CONSTANT, to: register, generator.size(0...2))
      }
    }
    let loadCount = places.count
    func someRegister(_ generator: inout TestGenerator, _ program: Program) -> Int {
      generator.size(0...program.registerCount - 1)
    }
    // New operands, or loaded ones of the right form, are stored.
    var stored = Set<Int>()
    for _ in 0..<generator.size(1...3) {
      for _ in 0..<generator.size(0...8) {
        program.append(
          operations.randomElement(using: &generator)!, to: someRegister(&generator, program),
          someRegister(&generator, program), someRegister(&generator, program),
          someRegister(&generator, program))
      }
      var operand = generator.size(0...loadCount - 1)
      let isMatrix =
        places[operand].columnStride == 1 && places[operand].rowStride != 0
      if stored.contains(operand) || !isMatrix {
        operand = places.count
        let stride = width + generator.size(0...1) * 5
        places.append(Place(start: end, rowStride: stride, columnStride: 1))
        end += (rows - 1) * stride + width
      }
      stored.insert(operand)
      program.append(CTK_STORE, to: operand, someRegister(&generator, program))
    }
    program.operandCount = places.count
    memory = generator.floats(end, in: -2...2)
  }

  func result(_ kernels: Kernels, rows: Range<Int>? = nil, in memory: [Float]? = nil) -> [Float] {
    run(
      program, with: kernels, at: places, rows: rows ?? 0..<self.rows, width: width,
      in: memory ?? self.memory)
  }

  /// The same as one tile of one sample, whose rows are steps of time.
  func resultOfTile(_ kernels: Kernels) -> [Float] {
    var memory = memory
    let strides = [Int](repeating: 0, count: places.count)
    run(program, at: places, rows: 0..<rows, width: width, in: &memory) {
      program, operands, rows, width in
      strides.withUnsafeBufferPointer { strides in
        var tiling = ctk_tiling(
          samples: 1, tiles: 1, sample_strides: strides.baseAddress,
          tile_strides: strides.baseAddress, along_time: true)
        ctk_program_run_tiles(
          ctk_kernels_for(kernels.isa), program, operands, &tiling, rows, width)
      }
    }
    return memory
  }

  var expected: [Float] {
    var memory = memory
    run(program, at: places, rows: 0..<rows, width: width, in: &memory, ctk_program_run_reference)
    return memory
  }

  var description: String { "[\(rows), \(width)], \(places), \(program.instructions)" }
}

@Suite struct ProgramTests {
  /// Operations that are correctly rounded, so that any way of running them gives the same bits.
  @Test(arguments: Kernels.all)
  func randomProgramsMatchTheTwinToTheBit(kernels: Kernels) {
    var generator = TestGenerator(seed: 40)
    for _ in 0..<300 {
      let programCase = ProgramCase(&generator, MapTests.exactOperations)
      #expect(programCase.program.fault == nil)
      expectSame(programCase.result(kernels), programCase.expected, programCase.description)
    }
  }

  /// Tiles have passes of their own for rows, columns and outer products: scaled matrices, `a S + k vᵀ`.
  @Test(arguments: Kernels.all)
  func randomTilesMatchTheTwinToTheBit(kernels: Kernels) {
    var generator = TestGenerator(seed: 43)
    let operations =
      MapTests.exactOperations + [ctk_operation](repeating: CTK_MULTIPLY, count: 6)
      + [ctk_operation](repeating: CTK_ADD, count: 6)
    for _ in 0..<600 {
      let programCase = ProgramCase(&generator, operations)
      expectSame(
        programCase.resultOfTile(kernels), programCase.expected, programCase.description)
    }
  }

  @Test(arguments: Kernels.all)
  func splitOfTheRowsChangesNothing(kernels: Kernels) {
    var generator = TestGenerator(seed: 41)
    let operations = MapTests.exactOperations + MapTests.functions + [CTK_MULTIPLY_ADD]
    for _ in 0..<100 {
      let programCase = ProgramCase(&generator, operations)
      let together = programCase.result(kernels)
      var pieces = programCase.memory
      var start = 0
      while start < programCase.rows {
        let end = min(programCase.rows, start + generator.size(1...9))
        pieces = programCase.result(kernels, rows: start..<end, in: pieces)
        start = end
      }
      expectSame(pieces, together, programCase.description)
    }
  }

  /// c' = f * c + i * g, h' = o * tanh(c'), over the four chunks of one matrix.
  @Test(arguments: Kernels.all, [1, 10, 64, 128, 300])
  func longShortTermMemoryStepMatchesTheTwin(kernels: Kernels, width: Int) {
    var program = Program()
    (program.registerCount, program.operandCount) = (5, 7)
    for gate in 0..<4 { program.append(CTK_LOAD, to: gate, gate) }
    program.append(CTK_LOAD, to: 4, 4)
    for gate in [0, 1, 3] { program.append(CTK_SIGMOID, to: gate, gate) }
    program.append(CTK_TANH, to: 2, 2)
    program.append(CTK_MULTIPLY, to: 0, 0, 2)
    program.append(CTK_MULTIPLY_ADD, to: 4, 1, 4, 0)
    program.append(CTK_STORE, to: 5, 4)
    program.append(CTK_TANH, to: 2, 4)
    program.append(CTK_MULTIPLY, to: 3, 3, 2)
    program.append(CTK_STORE, to: 6, 3)

    let rows = 9
    var places = (0..<4).map { Place(start: $0 * width, rowStride: 4 * width, columnStride: 1) }
    for state in 4..<7 {
      places.append(Place(start: state * rows * width, rowStride: width, columnStride: 1))
    }
    var generator = TestGenerator(seed: 42)
    let memory = generator.floats(7 * rows * width, in: -4...4)
    var expected = memory
    run(
      program, at: places, rows: 0..<rows, width: width, in: &expected, ctk_program_run_reference)
    let found = run(
      program, with: kernels, at: places, rows: 0..<rows, width: width, in: memory)
    // Values up to 8, a few roundings each.
    expectClose(found, expected, within: { _ in 16 * Float.ulpOfOne }, "width \(width)")
  }

  @Test func faultsAreNamed() {
    func program(_ change: (inout Program) -> Void) -> Program {
      var program = Program()
      (program.registerCount, program.operandCount, program.constants) = (2, 2, [1])
      program.append(CTK_LOAD, to: 0, 0)
      change(&program)
      return program
    }
    #expect(program { _ in }.fault == nil)
    #expect(
      program { $0.append(CTK_LOAD, to: 0, 2) }.fault == "a load from an operand out of range")
    #expect(
      program { $0.append(CTK_LOAD, to: 2, 0) }.fault == "a destination register out of range")
    #expect(
      program { $0.append(CTK_ADD, to: 0, 0, 1) }.fault
        == "a register that is read before it is written")
    #expect(program { $0.append(CTK_ADD, to: 0, 0, 7) }.fault == "a register out of range")
    #expect(program { $0.append(CTK_CONSTANT, to: 0, 1) }.fault == "a constant out of range")
    #expect(
      program { $0.append(CTK_STORE, to: 2, 0) }.fault == "a store to an operand out of range")
    #expect(
      program {
        $0.append(CTK_STORE, to: 1, 0)
        $0.append(CTK_LOAD, to: 0, 0)
      }.fault == "a load after a store")
    #expect(
      program {
        $0.append(CTK_STORE, to: 1, 0)
        $0.append(CTK_STORE, to: 1, 0)
      }.fault == "a second store to an operand")
    #expect(
      program { $0.append(CTK_OPERATION_COUNT, to: 0, 0) }.fault == "an unknown operation")
    #expect(program { $0.registerCount = 65 }.fault == "too many registers")
    #expect(program { $0.operandCount = 65 }.fault == "too many operands")
  }
}
