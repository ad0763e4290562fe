import Checkpoint

/// Limits on what a graph may use; exceeding one is an error that names the node.
public struct GraphLimits: Sendable, Hashable {
  /// The nodes of a graph, those of nested graphs included.
  public var nodes = 65_536
  /// The elements of one value.
  public var elements = 1 << 27
  /// The elements of all values that are alive at the same time.
  public var liveElements = 1 << 29
  /// The work of one call: elements written and products of numbers added.
  public var work = 1 << 40
  /// The work of what is computed once, when the graph is read, and the elements of its results.
  public var preparationWork = 1 << 30

  /// The usual limits: values of 512 MiB, 2 GiB in all, and some minutes of work.
  public init() {}
}

/// Why a node could not be prepared or computed.
struct GraphFailure: Error, Hashable {
  var reason: String

  init(_ reason: String) { self.reason = reason }

  init(expected: String, found: some CustomStringConvertible) {
    self.init("expected \(expected), found \(found)")
  }
}

/// The resources that one call of a graph has used.
struct GraphRun {
  /// The most axes of a value.
  static let maximumRank = 64
  /// The work of a node whatever its sizes, so that a loop over nothing ends too.
  static let nodeWork = 256

  let limits: GraphLimits
  private(set) var work = 0
  private var liveElements = 0
  private var mostLiveElements: Int

  init(_ limits: GraphLimits) { (self.limits, mostLiveElements) = (limits, limits.liveElements) }

  /// Raises the limit of elements that are alive: by those of values of known shapes, which may live longer.
  mutating func allow(_ elements: Int) { mostLiveElements += elements }

  /// Counts work before it is done.
  mutating func charge(_ amount: Int) throws(GraphFailure) {
    let (sum, overflow) = work.addingReportingOverflow(amount)
    guard !overflow, sum <= limits.work else {
      throw GraphFailure(expected: "at most \(limits.work) operations in a call", found: "more")
    }
    work = sum
  }

  /// Counts the work of a product of counts.
  mutating func charge(product factors: Int...) throws(GraphFailure) {
    var product = 1
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow else { return try charge(.max) }
      product = next
    }
    try charge(product)
  }

  /// The number of elements of a new value, which counts as work.
  ///
  /// - Throws: if the shape is negative or beyond the limits. Zeros are left out of the product that is limited, so
  ///   that no arithmetic on the shape overflows.
  @discardableResult
  mutating func count(of shape: [Int]) throws(GraphFailure) -> Int {
    let count = try GraphRun.count(of: shape, atMost: limits.elements)
    try charge(count)
    return count
  }

  @discardableResult
  static func count(of shape: [Int], atMost limit: Int) throws(GraphFailure) -> Int {
    guard shape.count <= maximumRank else {
      throw GraphFailure(expected: "at most \(maximumRank) axes", found: shape.count)
    }
    var (product, isEmpty) = (1, false)
    for extent in shape {
      guard extent >= 0 else {
        throw GraphFailure(expected: "sizes that are not negative", found: "\(shape)")
      }
      if extent == 0 { isEmpty = true }
      let (next, overflow) = product.multipliedReportingOverflow(by: max(1, extent))
      guard !overflow, next <= limit else {
        throw GraphFailure(expected: "at most \(limit) elements", found: "shape \(shape)")
      }
      product = next
    }
    return isEmpty ? 0 : product
  }

  /// Counts the elements of a value that stays alive.
  mutating func hold(_ value: GraphValue) throws(GraphFailure) {
    hold(unlimited: value)
    guard liveElements <= mostLiveElements else {
      throw GraphFailure(
        expected: "at most \(limits.liveElements) elements at the same time", found: "more")
    }
  }

  /// The same for a value that exists already.
  mutating func hold(unlimited value: GraphValue) { liveElements += value.count }

  /// Counts the elements of a value that is no longer needed.
  mutating func release(_ value: GraphValue) { liveElements -= value.count }
}
