import CTensorKernels
import Testing

/// Loops that run inside out give the bits of those that run step by step.
@Suite struct UnitLoopTests {
  private struct Sizes {
    var batch: Int, width: Int, steps: Int
    var isBatchFirst: Bool, isReversed: Bool
  }

  private static let sizes: [Sizes] = [
    (1, 1), (1, 16), (3, 5), (2, 40), (7, 64), (1, 300), (5, 256), (2, 2100), (33, 130), (1, 4500),
  ].flatMap { batch, width in
    [(false, false), (true, false), (false, true), (true, true)].map {
      Sizes(batch: batch, width: width, steps: 5, isBatchFirst: $0, isReversed: $1)
    }
  }

  /// The memory of a loop with two programs: h' = u h + m x, and c' = c + h' with 2 h' written over h'.
  private final class Loop {
    private enum Signal: Int { case ring, input, weights, mask, output, start, signal }

    private let sizes: Sizes
    private var memory: [[Float]]

    init(_ sizes: Sizes, seed: Int) {
      self.sizes = sizes
      var generator = TestGenerator(seed: seed)
      let row = sizes.batch * sizes.width
      let every = sizes.steps * row
      let counts = [2 * row, every, sizes.width, sizes.steps * sizes.batch, every, row, every]
      memory = counts.map { generator.floats($0) }
    }

    var results: [[Float]] {
      [.ring, .output, .signal].map { (signal: Signal) in memory[signal.rawValue] }
    }

    /// Calls `body` with the loop's steps, its areas, the first step and the stride.
    func run(
      _ body: (UnsafePointer<ctk_step>, UnsafePointer<ctk_area>, ctk_step_block, Int) -> Void
    ) {
      let bases = memory.indices.map { number in
        memory[number].withUnsafeMutableBufferPointer { values in
          let base = UnsafeMutablePointer<Float>.allocate(capacity: values.count)
          base.initialize(from: values.baseAddress!, count: values.count)
          return base
        }
      }
      defer {
        for (number, base) in bases.enumerated() {
          memory[number] = Array(UnsafeBufferPointer(start: base, count: memory[number].count))
          base.deallocate()
        }
      }
      var areas = areas(bases)
      let width = Int32(sizes.width)
      func place(_ area: Int32, _ slot: ctk_slot = CTK_SLOT_CURRENT, columns: Int32? = nil)
        -> ctk_place
      {
        ctk_place(area: area, slot: slot, offset: 0, rows: 1, columns: columns ?? width)
      }
      let places = [
        place(0, CTK_SLOT_PREVIOUS), place(1), place(2), place(3, columns: 1),
        place(0, CTK_SLOT_NEXT), place(5),
      ]
      let second = [place(4, CTK_SLOT_PREVIOUS), place(5), place(4, CTK_SLOT_NEXT)]
      Self.withPrograms { programs in
        places.withUnsafeBufferPointer { first in
          second.withUnsafeBufferPointer { second in
            let steps = [(programs, first), (programs + 1, second)].map { program, places in
              var step = ctk_step()
              step.kind = CTK_STEP_PROGRAM
              step.place_count = Int32(places.count)
              (step.places, step.program) = (places.baseAddress, program)
              step.width = sizes.width
              return step
            }
            let block = ctk_step_block(
              step: sizes.isReversed ? sizes.steps - 1 : 0, row: 0, rows: sizes.batch,
              along_time: false, part: 0, parts: 1)
            body(steps, &areas, block, sizes.isReversed ? -1 : 1)
          }
        }
      }
    }

    private func areas(_ bases: [UnsafeMutablePointer<Float>]) -> [ctk_area] {
      func area(_ signal: Signal, width: Int, isBatchFirst: Bool = false) -> ctk_area {
        var area = ctk_area()
        area.base = bases[signal.rawValue]
        area.time_stride = isBatchFirst ? width : sizes.batch * width
        area.row_stride = isBatchFirst ? sizes.steps * width : width
        (area.step_mask, area.other_step) = (-1, -1)
        return area
      }
      let shifts = sizes.isReversed ? (0, 1, 0) : (0, 0, 1)
      var ring = area(.ring, width: sizes.width)
      (ring.step_mask, ring.shifts) = (1, shifts)
      var weights = area(.weights, width: sizes.width)
      weights.is_matrix = true
      var output = area(.output, width: sizes.width, isBatchFirst: sizes.isBatchFirst)
      if !sizes.isReversed { output.base -= output.time_stride }
      output.shifts = shifts
      output.other_step = sizes.isReversed ? sizes.steps : 0
      (output.other_base, output.other_row_stride) = (bases[Signal.start.rawValue], sizes.width)
      return [
        ring, area(.input, width: sizes.width, isBatchFirst: sizes.isBatchFirst), weights,
        area(.mask, width: 1), output, area(.signal, width: sizes.width),
      ]
    }

    private static func withPrograms(_ body: (UnsafePointer<ctk_program>) -> Void) {
      func code(_ operation: ctk_operation, _ to: UInt8, _ a: UInt8, _ b: UInt8 = 0, _ c: UInt8 = 0)
        -> ctk_instruction
      {
        ctk_instruction(operation: operation, destination: to, a: a, b: b, c: c)
      }
      let first = [
        code(CTK_LOAD, 0, 0), code(CTK_LOAD, 1, 1), code(CTK_LOAD, 2, 2), code(CTK_LOAD, 3, 3),
        code(CTK_MULTIPLY, 1, 1, 3), code(CTK_MULTIPLY_ADD, 0, 0, 2, 1), code(CTK_STORE, 4, 0),
        code(CTK_STORE, 5, 0),
      ]
      let second = [
        code(CTK_LOAD, 0, 0), code(CTK_LOAD, 1, 1), code(CTK_ADD, 0, 0, 1),
        code(CTK_ADD, 1, 1, 1), code(CTK_STORE, 2, 0), code(CTK_STORE, 1, 1),
      ]
      first.withUnsafeBufferPointer { first in
        second.withUnsafeBufferPointer { second in
          let programs = [(first, 4, 6), (second, 2, 3)].map { code, registers, operands in
            ctk_program(
              instructions: code.baseAddress, constants: nil, instruction_count: Int32(code.count),
              constant_count: 0, register_count: Int32(registers), operand_count: Int32(operands))
          }
          body(programs)
        }
      }
    }
  }

  @Test(arguments: sizes.indices) func unitsFirstGivesTheBitsOfStepByStep(_ index: Int) {
    let sizes = Self.sizes[index]
    let (expected, found) = (Loop(sizes, seed: 3), Loop(sizes, seed: 3))
    let before = found.results
    expected.run { steps, areas, block, stride in
      withUnsafePointer(to: block) {
        ctk_steps_run_times(steps, 2, areas, nil, $0, sizes.steps, stride)
      }
    }
    found.run { steps, areas, block, stride in
      withUnsafePointer(to: block) { ctk_steps_run_units(steps, 2, areas, $0, sizes.steps, stride) }
    }
    #expect(before != expected.results)
    #expect(found.results == expected.results, "\(sizes)")
  }

  /// Threads share the units of few samples.
  @Test(arguments: [2, 3]) func partsMakeUpTheWhole(_ parts: Int32) {
    for sizes in Self.sizes {
      let (expected, found) = (Loop(sizes, seed: 4), Loop(sizes, seed: 4))
      expected.run { steps, areas, block, stride in
        withUnsafePointer(to: block) {
          ctk_steps_run_part_of_units(steps, 2, areas, $0, sizes.steps, stride)
        }
      }
      found.run { steps, areas, block, stride in
        for part in 0..<parts {
          var block = block
          (block.part, block.parts) = (part, parts)
          ctk_steps_run_part_of_units(steps, 2, areas, &block, sizes.steps, stride)
        }
      }
      #expect(found.results == expected.results, "\(sizes)")
    }
  }
}
