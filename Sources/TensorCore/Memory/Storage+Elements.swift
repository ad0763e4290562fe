import Requirements

// Bounds-checked access by index, for code that sets up small tables without pointers. A writer must hold the only
// reference that is read.
extension Storage {
  /// `count` times the same number.
  package convenience init(repeating value: Float, count: Int) {
    self.init(count: count)
    fill(0..<count, with: value)
  }

  /// An element for each index, computed in order.
  package convenience init(count: Int, _ element: (_ index: Int) -> Float) {
    self.init(count: count)
    for index in 0..<count { pointer[index] = element(index) }
  }

  /// One element.
  package subscript(index: Int) -> Float {
    get {
      check(index..<index + 1)
      return pointer[index]
    }
    set {
      check(index..<index + 1)
      pointer[index] = newValue
    }
  }

  /// Sets some elements to a number.
  package func fill(_ range: Range<Int>, with value: Float) {
    check(range)
    (pointer + range.lowerBound).update(repeating: value, count: range.count)
  }

  /// Copies some elements of other memory to `start` and the places after it.
  package func copy(_ range: Range<Int>, of other: Storage, to start: Int = 0) {
    other.check(range)
    check(start..<start + range.count)
    (pointer + start).update(from: other.pointer + range.lowerBound, count: range.count)
  }

  /// Memory of its own with some of the elements.
  package func copy(_ range: Range<Int>) -> Storage {
    let part = Storage(count: range.count)
    part.copy(range, of: self)
    return part
  }

  /// The bits of some elements are all zero: they are 0 and not -0.
  package func isZero(_ range: Range<Int>) -> Bool {
    check(range)
    return range.allSatisfy { pointer[$0].bitPattern == 0 }
  }

  private func check(_ range: Range<Int>) {
    require(
      0 <= range.lowerBound && range.upperBound <= count,
      "expected elements in 0..<\(count), found \(range)")
  }
}
