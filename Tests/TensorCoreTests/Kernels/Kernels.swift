import CTensorKernels
import Testing

/// The kernels of one instruction set.
struct Kernels: Sendable, CustomTestStringConvertible {
  let isa: ctk_isa

  var table: ctk_kernels { ctk_kernels_for(isa)!.pointee }
  var testDescription: String { String(cString: ctk_isa_name(isa)) }

  /// Every instruction set that this machine has.
  static let all = [CTK_ISA_PORTABLE, CTK_ISA_AVX2, CTK_ISA_AVX512, CTK_ISA_NEON]
    .filter { ctk_isa_supported($0) }.map(Kernels.init)

  /// `operation` over arrays.
  func map(_ operation: ctk_operation, _ a: [Float], _ b: [Float] = [], _ c: [Float] = [])
    -> [Float]
  {
    var result = [Float](repeating: .nan, count: a.count)
    table.map[Int(operation.rawValue)]!(&result, a, b, c, a.count)
    return result
  }
}

/// Numbers that repeat: SplitMix64.
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    let scale = (range.upperBound - range.lowerBound) / Float(1 << 24)
    // All empty arrays share their memory, which two threads must not write to.
    if count == 0 { return [] }
    return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      for i in 0..<count {
        buffer[i] = range.lowerBound + scale * Float(truncatingIfNeeded: next() >> 40)
      }
      filled = count
    }
  }

  mutating func size(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}

extension Float {
  init(truncatingIfNeeded value: UInt64) { self = Float(Int32(truncatingIfNeeded: value)) }
}

/// Fails at the first element of `found` that is farther from `expected` than its tolerance.
func expectClose(
  _ found: [Float], _ expected: [Float], within tolerance: (Int) -> Float,
  _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let worst = found.withUnsafeBufferPointer { found in
    expected.withUnsafeBufferPointer { expected in
      for i in 0..<found.count {
        let (f, e) = (found[i], expected[i])
        if f.bitPattern == e.bitPattern || f.isNaN && e.isNaN { continue }
        if !(abs(f - e) <= tolerance(i)) { return i }
      }
      return -1
    }
  }
  if worst >= 0 || found.count != expected.count {
    let detail =
      worst < 0
      ? "\(expected.count) elements expected, \(found.count) found"
      : "element \(worst): expected \(expected[worst]), found \(found[worst])"
    Issue.record("\(what()), \(detail)", sourceLocation: sourceLocation)
  }
}

/// Fails at the first element whose bits differ (any NaN equals any other).
func expectSame(
  _ found: [Float], _ expected: [Float], _ what: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(found, expected, within: { _ in -1 }, what(), sourceLocation: sourceLocation)
}

/// Fails at the first element farther from `expected` than `units` float roundings of its size.
func expectClose(
  _ found: [Float], _ expected: [Float], relative tolerance: Float,
  _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let tolerances = expected.map { tolerance * max(abs($0), .leastNormalMagnitude) }
  expectClose(
    found, expected, within: { tolerances[$0] }, what(), sourceLocation: sourceLocation)
}
