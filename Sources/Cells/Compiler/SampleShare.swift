import TensorCore

/// A thread's share of a sample that several threads take through a loop together.
///
/// They split the heads of parts that have some, and the steps of parts that hand nothing on; the first thread alone
/// does the rest. No sum is split, so that all numbers of threads give the same bits.
struct SampleShare {
  /// This thread's index among the `parts` threads.
  private let part: Int
  private var parts: Int

  init(_ part: Int, of parts: Int) { (self.part, self.parts) = (part, parts) }

  /// All of a sample.
  static let whole = SampleShare(0, of: 1)

  /// Whether this thread does what is not split.
  var isFirst: Bool { part == 0 }

  /// The heads or steps of this thread.
  func share(of range: Range<Int>) -> Range<Int> {
    if part >= parts { return range.upperBound..<range.upperBound }
    let first = range.lowerBound
    return first + range.count * part / parts..<first + range.count * (part + 1) / parts
  }

  /// Waits for the other threads, whose results this one may read from then on.
  mutating func meet() {
    guard parts > 1 else { return }
    ThreadTeam.barrier()
    if ThreadTeam.worksApart { parts = 1 }
  }
}
