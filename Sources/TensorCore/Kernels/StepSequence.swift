internal import CTensorKernels

/// Steps in the kernels' form, made once and run over any memory. `@unchecked Sendable`: it never changes after `init`.
package final class StepSequence: @unchecked Sendable {
  /// In the kernels' form, valid while this value is alive.
  let steps: UnsafeMutablePointer<ctk_step>
  private let places: UnsafeMutablePointer<ctk_place>
  private let strides: UnsafeMutablePointer<ctk_tile_strides>
  /// By place, where the steps are those of one head.
  private let headStrides: UnsafeMutablePointer<Int>?
  /// Keeps the programs alive.
  private let list: [Step]
  package var count: Int { list.count }
  /// The order of work over several steps.
  package let order: Order

  /// The order of work over several steps, with the same results.
  package enum Order: Sendable {
    /// All units of a step before the next step.
    case stepByStep
    /// All steps of a block of units before the next block.
    case unitsFirst
  }

  /// Steps in the kernels' form.
  ///
  /// - Parameters:
  ///   - memory: a number of each area that is equal for areas that share memory; steps over the same matrices then go
  ///     through them together.
  ///   - order: units first only where the steps act on each unit alone.
  ///   - head: the same steps, where they are those of one head.
  ///   - scratch: the areas of matrices that these steps alone use.
  package init(
    _ list: [Step], memory: ((Int) -> Int)? = nil, order: Order = .stepByStep,
    head: [Step].Head? = nil, scratch: Set<Int> = []
  ) {
    self.order = order
    self.list = list
    let operands = list.map(\.places)
    steps = .allocate(capacity: max(1, list.count))
    places = .copied(operands.joined().map(\.code))
    strides = .copied(
      list.flatMap { step -> [Step.TileStrides] in
        if case .program(let program) = step { program.strides } else { [] }
      }.map { ctk_tile_strides(tile: $0.tile, row: $0.row, column: $0.column) })
    headStrides = head.map { .copied($0.strides.flatMap { $0 }) }
    var first = places
    var nextStrides = strides
    for (index, step) in list.enumerated() {
      var code = step.code
      code.places = UnsafePointer(first)
      if case .program(let program) = step, program.tile != nil {
        code.strides = UnsafePointer(nextStrides)
        nextStrides += program.strides.count
      }
      code.place_count = Int32(operands[index].count)
      code.precedes_barrier = index + 1 == list.count || !list[index + 1].isIndependent(of: step)
      code.together = memory.map { Int32(list.together(from: index, memory: $0)) } ?? 0
      code.head_strides = headStrides.map { UnsafePointer($0 + (first - places)) }
      code.adds_heads = head?.adds[index] ?? false
      (steps + index).initialize(to: code)
      first += operands[index].count
    }
    markTemporaries(scratch)
  }

  /// Marks the matrices that only the steps of one group use, of which a block of rows is enough.
  private func markTemporaries(_ scratch: Set<Int>) {
    var index = 0
    while index < list.count {
      let group = index..<index + max(1, Int(steps[index].together))
      for area in scratch
      where list.indices.allSatisfy({
        group.contains($0) || !list[$0].uses(area)
      }) {
        for member in group {
          for (number, place) in list[member].places.enumerated() where place.area == area {
            steps[member].temporaries |= 1 << UInt64(number)
          }
        }
      }
      index = group.upperBound
    }
  }

  deinit {
    steps.deallocate()
    places.deallocate()
    strides.deallocate()
    headStrides?.deallocate()
  }

  /// Runs the steps over one block of rows.
  package func run(_ areas: AreaTable, _ weights: PackedWeights, _ block: StepBlock) {
    var block = block.code
    ctk_steps_run(steps, list.count, areas.codes, weights.pointer, &block)
    keepAlive(self)
    keepAlive(areas)
    keepAlive(weights)
  }

  /// Runs the steps over the rows of a block at its step, then at the other steps of a loop: `times` in all, `stride`
  /// apart. What programs need besides the addresses of their operands is found out once.
  package func run(
    _ areas: AreaTable, _ weights: PackedWeights, _ first: StepBlock, times: Int, stride: Int
  ) {
    var first = first.code
    // Of packed samples, rows of a step have no one distance from those of the next.
    switch areas.hasRows ? .stepByStep : order {
    case .stepByStep:
      ctk_steps_run_times(steps, list.count, areas.codes, weights.pointer, &first, times, stride)
    case .unitsFirst:
      ctk_steps_run_units(steps, list.count, areas.codes, &first, times, stride)
    }
    keepAlive(self)
    keepAlive(areas)
    keepAlive(weights)
  }

  /// Runs the steps of one head over a sample's row at its step, then at the other steps of a loop, for each of some heads.
  package func run(
    heads: Range<Int>, _ areas: AreaTable, _ first: StepBlock, times: Int, stride: Int
  ) {
    var first = first.code
    ctk_steps_run_heads(
      steps, list.count, areas.codes, &first, times, stride, heads.lowerBound, heads.upperBound)
    keepAlive(self)
    keepAlive(areas)
  }

  /// Runs one of the steps.
  package func run(
    _ index: Int, _ areas: AreaTable, _ weights: PackedWeights, _ block: StepBlock
  ) {
    var block = block.code
    ctk_steps_run(steps + index, 1, areas.codes, weights.pointer, &block)
    keepAlive(self)
    keepAlive(areas)
    keepAlive(weights)
  }
}

/// The packed weight matrices of a sequence's products, by number.
///
/// `@unchecked Sendable`: it changes only in ``replace(_:by:)``, whose caller has checked that nobody else refers to it.
package final class PackedWeights: @unchecked Sendable {
  private let matrices: [PackedMatrix]
  fileprivate let pointer: UnsafeMutablePointer<ctk_weight>

  /// The number of floats of all matrices; nil if one is not a copy but refers to a parameter, which it keeps alive.
  package var copiedCount: Int? {
    matrices.reduce(0) { count, matrix in
      if let count, let own = matrix.copiedCount { count + own } else { nil }
    }
  }

  /// Those of steps without products.
  package static let none = PackedWeights([])

  package init(_ matrices: [PackedMatrix]) {
    self.matrices = matrices
    pointer = .allocate(capacity: max(1, matrices.count))
    for (index, matrix) in matrices.enumerated() {
      (pointer + index).initialize(to: matrix.weight)
    }
  }

  /// Packs another matrix of the same sizes in the memory of a copy. The caller holds the only reference.
  package func replace(_ number: Int, by matrix: StridedMatrix) {
    matrices[number].replace(by: matrix)
  }

  deinit { pointer.deallocate() }
}

extension UnsafeMutablePointer {
  /// Memory that holds the elements of an array.
  fileprivate static func copied(_ elements: [Pointee]) -> UnsafeMutablePointer {
    let memory = allocate(capacity: max(1, elements.count))
    memory.initialize(from: elements, count: elements.count)
    return memory
  }
}
