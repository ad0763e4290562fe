import CTensorKernels
import Testing

@Suite struct MapTests {
  /// All others are rounded correctly, but for CTK_MULTIPLY_ADD.
  static let functions = [
    CTK_SIGMOID, CTK_TANH, CTK_EXP, CTK_LOG, CTK_SOFTPLUS, CTK_LOG_SIGMOID, CTK_SIN, CTK_COS,
  ]
  static let exactOperations = (0..<UInt8(CTK_WORD_COUNT)).map(ctk_operation.init(rawValue:))
    .filter { !functions.contains($0) && $0 != CTK_MULTIPLY_ADD }
  /// Values at which an operation may go astray.
  static let edges: [Float] =
    [
      0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1e-20, 0.5, 1, 1.5, 2, 3, 8_388_607.5,
      8_388_608, 88.72, 88.73, 103.9, 104.1, 1e10, .greatestFiniteMagnitude, .infinity,
    ].flatMap { [$0, -$0] } + [.nan]

  /// The rounding of a correctly rounded operation leaves nothing to choose.
  @Test(arguments: Kernels.all, exactOperations)
  func matchesItsTwinToTheBit(kernels: Kernels, operation: ctk_operation) {
    var generator = TestGenerator(seed: 1)
    for count in 0...70 {
      let operands = (0..<3).map { _ in
        generator.floats(count, in: -2...2).map { $0.magnitude < 0.3 ? 0 : $0 }
      }
      var expected = [Float](repeating: 0, count: count)
      ctk_map_reference(
        operation, &expected, operands[0], operands[1], operands[2], count)
      expectSame(
        kernels.map(operation, operands[0], operands[1], operands[2]), expected,
        "operation \(operation.rawValue), \(count) elements")
    }
  }

  @Test(arguments: Kernels.all, exactOperations)
  func treatsEdgesAsItsTwinDoes(kernels: Kernels, operation: ctk_operation) {
    let count = Self.edges.count * Self.edges.count
    let a = Self.edges.flatMap { edge in Self.edges.map { _ in edge } }
    let b = Self.edges.flatMap { _ in Self.edges }
    var expected = [Float](repeating: 0, count: count)
    ctk_map_reference(operation, &expected, a, b, a.reversed(), count)
    expectSame(
      kernels.map(operation, a, b, a.reversed()), expected, "operation \(operation.rawValue)")
  }

  /// One or two roundings of the product, so up to one unit of the larger term.
  @Test(arguments: Kernels.all)
  func multiplyAddIsNearItsTwin(kernels: Kernels) {
    var generator = TestGenerator(seed: 2)
    let (a, b, c) = (generator.floats(999), generator.floats(999), generator.floats(999))
    var expected = [Float](repeating: 0, count: 999)
    ctk_map_reference(CTK_MULTIPLY_ADD, &expected, a, b, c, 999)
    expectClose(
      kernels.map(CTK_MULTIPLY_ADD, a, b, c), expected, within: { _ in Float.ulpOfOne }, "a * b + c"
    )
  }

  /// Every 1009th bit pattern of all floats, subnormal numbers, infinities and NaN included.
  @Test(arguments: functions)
  func staysWithinFourUnitsInTheLastPlace(operation: ctk_operation) {
    let chunk = 1 << 16
    var x = [Float](repeating: 0, count: chunk)
    var y = x
    var largest = [Double](repeating: 0, count: Kernels.all.count)
    var pattern: UInt64 = 0
    while pattern < 1 << 32 {
      x.withUnsafeMutableBufferPointer { x in
        for i in 0..<chunk {
          x[i] = Float(bitPattern: UInt32(truncatingIfNeeded: pattern))
          pattern &+= 1009
        }
      }
      for (i, kernels) in Kernels.all.enumerated() {
        kernels.table.map[Int(operation.rawValue)]!(&y, x, nil, nil, chunk)
        largest[i] = max(largest[i], ctk_map_error_reference(operation, x, y, chunk))
      }
    }
    for (kernels, error) in zip(Kernels.all, largest) {
      #expect(error <= 4, "\(kernels.testDescription), operation \(operation.rawValue)")
    }
  }

  @Test(arguments: Kernels.all, functions)
  func functionsKeepTheirAccuracyAtEdges(kernels: Kernels, operation: ctk_operation) {
    for edge in Self.edges {
      let result = kernels.map(operation, [edge])
      let error = ctk_map_error_reference(operation, [edge], result, 1)
      #expect(error <= 4, "operation \(operation.rawValue) of \(edge) gave \(result[0])")
    }
  }

  /// In any place of a vector, alone, in a tail or at an odd address.
  @Test(arguments: Kernels.all, exactOperations + functions + [CTK_MULTIPLY_ADD])
  func resultDependsOnTheValueAlone(kernels: Kernels, operation: ctk_operation) {
    var generator = TestGenerator(seed: 3)
    let count = 67
    let (a, b, c) = (
      generator.floats(count, in: -9...9), generator.floats(count), generator.floats(count)
    )
    let together = kernels.map(operation, a, b, c)
    let alone = (0..<count).map { kernels.map(operation, [a[$0]], [b[$0]], [c[$0]])[0] }
    expectSame(together, alone, "operation \(operation.rawValue)")
    for start in [1, 3, 17] {
      let rest = kernels.map(
        operation, Array(a[start...]), Array(b[start...]), Array(c[start...]))
      expectSame(rest, Array(together[start...]), "operation \(operation.rawValue) from \(start)")
    }
    var unaligned = a
    unaligned.withUnsafeMutableBufferPointer { buffer in
      let from = buffer.baseAddress! + 1
      kernels.table.map[Int(operation.rawValue)]!(
        from, from, Array(b[1...]), Array(c[1...]), count - 1)
    }
    expectSame(Array(unaligned[1...]), Array(together[1...]), "in place, one float on")
  }
}
