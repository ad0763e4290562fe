// The one place where memory becomes an address: an address is valid inside of the closure that gets it.

extension Storage {
  /// Calls `body` with the address of the first element.
  func withPointer<Result>(
    _ body: (UnsafeMutablePointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(pointer) }
  }
}

extension Floats {
  /// The address of the first one; use it inside of ``withPointers(_:_:)`` or its like.
  var pointer: UnsafeMutablePointer<Float> { storage.pointer + offset }

  /// The first `count` floats as an array.
  package func array(_ count: Int) -> [Float] {
    withPointers(self) { Array(UnsafeBufferPointer(start: $0, count: count)) }
  }

  /// Calls `body` with the first `count` floats.
  package func withSpan<Result>(
    count: Int, _ body: (Span<Float>) throws -> Result
  ) rethrows -> Result {
    try withPointers(self) { try body(UnsafeBufferPointer(start: $0, count: count).span) }
  }

  /// Copies the first ones into an array, as many as it has elements.
  package func read(into values: inout [Float]) {
    withPointers(self) { source in
      values.withUnsafeMutableBufferPointer { target in
        target.baseAddress?.update(from: source, count: target.count)
      }
    }
  }

  /// Writes the elements of an array.
  package func write(_ values: [Float]) {
    withPointers(self) { target in
      values.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        target.update(from: base, count: source.count)
      }
    }
  }
}

/// Whether the first `count` floats are the same, bit by bit.
package func haveSameBits(_ a: Floats, _ b: Floats, count: Int) -> Bool {
  a.withSpan(count: count) { a in
    b.withSpan(count: count) { b in
      a.indices.allSatisfy { a[$0].bitPattern == b[$0].bitPattern }
    }
  }
}

/// Calls `body` with the address of the floats, which are alive until it returns.
@inline(__always)
func withPointers<Result>(
  _ a: Floats, _ body: (UnsafeMutablePointer<Float>) throws -> Result
) rethrows -> Result {
  defer { keepAlive(a) }
  return try body(a.pointer)
}

/// The same for two operands.
@inline(__always)
func withPointers<Result>(
  _ a: Floats, _ b: Floats,
  _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) throws -> Result
) rethrows -> Result {
  defer {
    keepAlive(a)
    keepAlive(b)
  }
  return try body(a.pointer, b.pointer)
}

/// The same for three operands.
@inline(__always)
func withPointers<Result>(
  _ a: Floats, _ b: Floats, _ c: Floats,
  _ body: (
    UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>
  ) throws -> Result
) rethrows -> Result {
  try withPointers(a, b) { a, b in try withPointers(c) { try body(a, b, $0) } }
}

/// The same for four operands.
@inline(__always)
func withPointers<Result>(
  _ a: Floats, _ b: Floats, _ c: Floats, _ d: Floats,
  _ body: (
    UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
    UnsafeMutablePointer<Float>
  ) throws -> Result
) rethrows -> Result {
  try withPointers(a, b) { a, b in try withPointers(c, d) { try body(a, b, $0, $1) } }
}

/// The same for two operands and one that may be missing.
@inline(__always)
func withPointers<Result>(
  _ a: Floats, _ b: Floats, optional c: Floats?,
  _ body: (
    UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>?
  ) throws -> Result
) rethrows -> Result {
  defer { keepAlive(c) }
  return try withPointers(a, b) { try body($0, $1, c?.pointer) }
}

/// The same for three operands and one that may be missing.
@inline(__always)
func withPointers<Result>(
  _ a: Floats, _ b: Floats, _ c: Floats, optional d: Floats?,
  _ body: (
    UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
    UnsafeMutablePointer<Float>?
  ) throws -> Result
) rethrows -> Result {
  try withPointers(a) { a in try withPointers(b, c, optional: d) { try body(a, $0, $1, $2) } }
}

/// Keeps the owner of memory alive up to this call, which costs nothing.
@inline(__always)
func keepAlive<Owner>(_ owner: Owner) { withExtendedLifetime(owner) {} }
