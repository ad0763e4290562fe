/// A dictionary whose keys are compared byte by byte, like the names in files; see ``ExactString``.
///
/// ```swift
/// var arrays: ExactDictionary<Int> = ["fc.weight": 1]
/// arrays["\u{e9}"] = 2
/// arrays["e\u{301}"] = 3  // another key
/// ```
public struct ExactDictionary<Value> {
  private var storage: [ExactString: Value]

  /// An empty dictionary.
  public init() { storage = [:] }

  /// An empty dictionary with reserved capacity.
  package init(minimumCapacity: Int) {
    storage = [ExactString: Value](minimumCapacity: minimumCapacity)
  }

  private init(_ storage: [ExactString: Value]) { self.storage = storage }

  /// The value of a key; setting nil removes it.
  public subscript(key: String) -> Value? {
    get { storage[ExactString(key)] }
    set { storage[ExactString(key)] = newValue }
  }

  /// Sets the value of a key; returns the old value.
  @discardableResult
  public mutating func updateValue(_ value: Value, forKey key: String) -> Value? {
    storage.updateValue(value, forKey: ExactString(key))
  }

  /// The keys in the order of their bytes.
  public var keys: [String] { storage.keys.sorted().map(\.string) }
  /// The values in no order.
  public var values: some Collection<Value> { storage.values }
  /// A Swift dictionary, for lookups of known names; it keeps one of several keys that Swift treats as equal.
  public var dictionary: [String: Value] {
    [String: Value](map { ($0.key, $0.value) }) { first, _ in first }
  }
  /// The number of keys.
  public var count: Int { storage.count }
  /// Whether the dictionary is empty.
  public var isEmpty: Bool { storage.isEmpty }

  /// The same keys with transformed values.
  public func mapValues<Other, Failure: Error>(
    _ transform: (Value) throws(Failure) -> Other
  ) throws(Failure) -> ExactDictionary<Other> {
    var other = ExactDictionary<Other>(minimumCapacity: count)
    for (key, value) in storage { other.storage[key] = try transform(value) }
    return other
  }
}

extension ExactDictionary: Sequence {
  /// An iterator over keys and values, in no order.
  public func makeIterator() -> AnyIterator<(key: String, value: Value)> {
    var base = storage.makeIterator()
    return AnyIterator { base.next().map { (key: $0.key.string, value: $0.value) } }
  }
}

extension ExactDictionary: ExpressibleByDictionaryLiteral {
  /// A dictionary literal.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self.init([ExactString: Value](elements.map { (ExactString($0), $1) }) { $1 })
  }
}

extension ExactDictionary: Sendable where Value: Sendable {}
extension ExactDictionary: Equatable where Value: Equatable {}
extension ExactDictionary: Hashable where Value: Hashable {}
