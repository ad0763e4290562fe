internal import CTensorKernels

extension Broadcasting {
  /// A tensor of the given shape, computed by a program whose operands are the inputs and, last,
  /// the result.
  static func run(_ program: ElementwiseProgram, _ inputs: [Tensor], shape: [Int]) -> Tensor {
    let count = inputs.count + 1
    let result = Tensor(uninitialized: shape)
    withUnsafeTemporaryAllocation(of: ctk_operand.self, capacity: count) { operands in
      BroadcastAxes.withAxes(of: inputs, in: shape) { axes in
        for index in 0..<count {
          let storage = index == inputs.count ? result.storage : inputs[index].storage
          operands.initializeElement(
            at: index,
            to: ctk_operand(
              base: storage.pointer, row_stride: axes.stride(1, index),
              column_stride: axes.stride(0, index)))
        }
        axes.run(program, operands, axis: axes.count - 1)
      }
    }
    keepAlive(inputs)
    return result
  }
}

/// The axes of a broadcast elementwise operation, the innermost first. Axes that every operand traverses with one
/// stride are merged; there are at least two. They stand on the stack, since every small operation needs them.
struct BroadcastAxes {
  /// For each axis its length, then its stride in each operand: 0 where the operand is repeated.
  private let table: UnsafeMutablePointer<Int>
  private let width: Int
  private(set) var count = 0

  func length(_ axis: Int) -> Int { table[axis * width] }
  func stride(_ axis: Int, _ operand: Int) -> Int { table[axis * width + 1 + operand] }

  /// Calls `body` with the axes of work over tensors that are broadcast to a shape. The operands are
  /// the tensors and, last, a dense result of that shape.
  static func withAxes(
    of inputs: [Tensor], in shape: [Int], _ body: (borrowing BroadcastAxes) -> Void
  ) {
    let width = inputs.count + 2
    let rows = max(2, shape.count)
    withUnsafeTemporaryAllocation(of: Int.self, capacity: (rows + 2) * width) { memory in
      memory.initialize(repeating: 0)
      guard let base = memory.baseAddress else { return }
      var axes = BroadcastAxes(table: base, width: width)
      axes.merge(inputs, shape, distances: base + (rows + 1) * width)
      body(axes)
    }
  }

  private init(table: UnsafeMutablePointer<Int>, width: Int) {
    self.table = table
    self.width = width
  }

  private mutating func merge(
    _ inputs: [Tensor], _ shape: [Int], distances: UnsafeMutablePointer<Int>
  ) {
    let operands = inputs.count + 1
    for operand in 0..<operands { distances[operand] = 1 }
    for position in Swift.stride(from: shape.count - 1, through: 0, by: -1) {
      let length = shape[position]
      if length == 1 { continue }
      let row = table + count * width
      row[0] = length
      for operand in 0..<operands {
        var isRepeated = false
        if operand < inputs.count {
          let own = position - (shape.count - inputs[operand].rank)
          isRepeated = own < 0 || inputs[operand].shape[own] == 1
        }
        row[1 + operand] = isRepeated ? 0 : distances[operand]
        if !isRepeated { distances[operand] *= length }
      }
      if count > 0, continuesInnerAxis(row) {
        table[(count - 1) * width] *= length
      } else {
        count += 1
      }
    }
    while count < 2 {
      table[count * width] = 1
      for operand in 0..<operands { table[count * width + 1 + operand] = count == 0 ? 1 : 0 }
      count += 1
    }
  }

  /// Whether this axis continues the next inner one with the same stride in every operand.
  private func continuesInnerAxis(_ row: UnsafeMutablePointer<Int>) -> Bool {
    let inner = row - width
    for operand in 1..<width where row[operand] != inner[operand] * inner[0] { return false }
    return true
  }

  /// Runs a program over the two innermost axes for each position along the outer axes up to `axis`.
  func run(
    _ program: ElementwiseProgram, _ operands: UnsafeMutableBufferPointer<ctk_operand>,
    axis: Int
  ) {
    guard axis > 1 else {
      program.run(operands, rows: length(1), width: length(0))
      return
    }
    for _ in 0..<length(axis) {
      run(program, operands, axis: axis - 1)
      for operand in 0..<width - 1 { operands[operand].base += stride(axis, operand) }
    }
    for operand in 0..<width - 1 {
      operands[operand].base -= stride(axis, operand) * length(axis)
    }
  }
}
