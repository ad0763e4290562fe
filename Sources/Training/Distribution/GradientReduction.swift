import Requirements
import TensorCore

/// Sums the gradients of all ranks' roots up the tree: each rank sums a slice of every bucket, then all ranks get all
/// slices. A bucket is exchanged as soon as its gradients are complete, while the backward pass goes on.
///
/// Its memory is used again in every step. The sums are the same on every rank, to the bit. Only the computing thread calls
/// it; a bucket goes to the exchange thread when its gradients are complete, and is read again after that thread's end.
final class GradientReduction: @unchecked Sendable {
  let tree: ShardTree
  let precision: WirePrecision

  private let group: ProcessGroup
  private let shapes: [[Int]]
  private let layout: GradientLayout
  /// The number of the own roots.
  private let rootCount: Int
  private let buckets: [BucketReduction]
  /// For each bucket the number of gradients that are still computed.
  private var missing: [Int] = []
  private var started: [Pending<Void>] = []

  init(
    shapes: [[Int]], shards: Int, precision: WirePrecision, group: ProcessGroup,
    bucketSize: Int = GradientLayout.usualBucketSize
  ) {
    self.shapes = shapes
    self.group = group
    self.precision = precision
    tree = ShardTree(shards: shards, ranks: group.ranks)
    layout = GradientLayout(shapes, bucketSize: bucketSize)
    let (tree, roots) = (tree, tree.roots(of: group.rank).count)
    rootCount = roots
    let messages = MessageMemory()
    buckets = layout.buckets.map {
      BucketReduction(
        $0, WireCode(precision: precision, rowWidth: $0.rowWidth), tree, group.exchange, messages)
    }
  }

  /// Begins a step: nothing is complete.
  func begin() {
    missing = layout.buckets.map { $0.positions.count * rootCount }
    started = []
  }

  /// Takes a root's sum for one parameter; nil if its shards are empty.
  func take(_ sum: Tensor?, root: Int, position: Int) {
    let place = layout.places[position]
    buckets[place.bucket].take(sum, root: root, at: place.start)
    missing[place.bucket] -= 1
    startComplete()
  }

  /// Exchanges the complete buckets. All ranks exchange them in the same order.
  func startComplete() {
    while started.count < buckets.count, missing[started.count] == 0 {
      let bucket = buckets[started.count]
      started.append(group.start { try bucket.reduce() })
    }
  }

  /// Waits for all buckets; the sums of all shards, in the order of the parameters.
  func finish() throws -> [Tensor] {
    startComplete()
    for pending in started { try group.wait(for: pending) }
    return zip(shapes, layout.places).map { shape, place in
      buckets[place.bucket].sum(shape: shape, at: place.start)
    }
  }
}

/// Memory for the messages of one exchange at a time. Only the exchange thread, which runs one job after another, uses it.
final class MessageMemory: @unchecked Sendable {
  private var outgoing: [WireMemory] = []
  private var incoming: [WireMemory] = []

  /// Memory of at least these sizes, one for each rank.
  func take(outgoing sizes: [Int], incoming others: [Int]) -> (out: [WireMemory], in: [WireMemory])
  {
    grow(&outgoing, sizes)
    grow(&incoming, others)
    return (outgoing, incoming)
  }

  private func grow(_ memory: inout [WireMemory], _ sizes: [Int]) {
    for (index, size) in sizes.enumerated() {
      if index == memory.count {
        memory.append(WireMemory(byteCount: size))
      } else if memory[index].bytes.count < size {
        memory[index] = WireMemory(byteCount: size)
      }
    }
  }
}

/// The sums of one bucket. One thread works on it at a time: the computing one until the bucket is complete, then the
/// exchange thread, and the computing one again after it has waited for that.
final class BucketReduction: @unchecked Sendable {
  private let bucket: GradientLayout.Bucket
  private let code: WireCode
  private let tree: ShardTree
  private let exchange: any GradientExchange
  private let messages: MessageMemory
  /// The own roots' sums, and whether there are any.
  private let own: [Floats]
  private var isPresent: [Bool]
  /// The sums of all shards: the memory of the first own root, if there is one.
  private let total: Floats
  /// The roots' sums of the own slice, in the order of the tree: of own roots where they are.
  private let parts: [Part]
  private let slices: [Range<Int>]

  private struct Part {
    let root: ShardTree.Root
    let floats: Floats
    /// Whether it is a part of the memory of all sums.
    var isTotal = false
    /// The place among the own roots; nil for those of others.
    var own: Int?
  }

  init(
    _ bucket: GradientLayout.Bucket, _ code: WireCode, _ tree: ShardTree,
    _ exchange: any GradientExchange, _ messages: MessageMemory
  ) {
    self.bucket = bucket
    self.code = code
    self.tree = tree
    self.exchange = exchange
    self.messages = messages
    let roots = tree.roots(of: exchange.rank).count
    let own = (0..<roots).map { _ in Floats(Storage(count: bucket.count)) }
    self.own = own
    isPresent = Array(repeating: false, count: roots)
    total = own.first ?? Floats(Storage(count: bucket.count))
    slices = (0..<exchange.ranks).map { bucket.slice(of: $0, of: exchange.ranks) }
    let slice = slices[exchange.rank]
    var taken = 0
    parts = tree.roots.map { root in
      guard root.rank == exchange.rank else {
        return Part(root: root, floats: Floats(Storage(count: slice.count)))
      }
      defer { taken += 1 }
      return Part(
        root: root, floats: own[taken] + slice.lowerBound, isTotal: taken == 0, own: taken)
    }
  }

  /// Takes a root's sum for the parameter that stands at `start`.
  func take(_ sum: Tensor?, root: Int, at start: Int) {
    isPresent[root] = sum != nil
    if let sum { Self.copy(sum.elements, to: own[root] + start, count: sum.count) }
  }

  /// Sums the bucket up over all ranks.
  func reduce() throws {
    let values = try gatherRoots()
    sumRoots(values)
    try shareTotal()
  }

  /// A parameter's sum, until the next step begins.
  func sum(shape: [Int], at start: Int) -> Tensor {
    if bucket.positions.count == 1 { return Tensor(storage: total.storage, shape: shape) }
    return Tensor(uninitialized: shape) {
      Self.copy(total + start, to: $0, count: shape.reduce(1, *))
    }
  }

  private var rank: Int { exchange.rank }

  /// Sends each rank its slice of the own roots, and receives the own slice of all others'; the roots that have a sum.
  private func gatherRoots() throws -> [Part?] {
    let count = slices[rank].count
    let counts = (0..<exchange.ranks).map { tree.roots(of: $0).count }
    let memory = messages.take(
      outgoing: slices.map { own.count * code.capacity($0.count) },
      incoming: counts.map { $0 * code.capacity(count) })
    var outgoing: [UnsafeRawBufferPointer] = []
    for (other, slice) in slices.enumerated() {
      let sums = zip(own, isPresent).map { $1 ? $0 + slice.lowerBound : nil }
      outgoing.append(
        other == rank
          ? UnsafeRawBufferPointer(rebasing: memory.out[other].bytes.prefix(0))
          : message(sums, count: slice.count, in: memory.out[other]))
    }
    var incoming = memory.in.prefix(exchange.ranks).map(\.bytes)
    for part in parts where part.own == nil && isPlain(count, counts[part.root.rank]) {
      incoming[part.root.rank] = FloatBytes.bytes(of: part.floats, count: count)
    }
    let sizes = try exchange.exchange(outgoing, into: incoming)
    var read = Array(repeating: 0, count: exchange.ranks)
    return try parts.map { part in
      if let own = part.own { return isPresent[own] ? part : nil }
      let other = part.root.rank
      let bytes = UnsafeRawBufferPointer(rebasing: incoming[other][read[other]..<sizes[other]])
      let found = try self.read(
        bytes, isPlain: isPlain(count, counts[other]), count: count, into: part.floats)
      read[other] += found.size
      return found.isPresent ? part : nil
    }
  }

  /// Sums the own slice of all roots up the tree, in place, and in the memory of all sums where it can.
  private func sumRoots(_ values: [Part?]) {
    let slice = slices[rank]
    guard !slice.isEmpty else { return }
    let sum = tree.sum(values) { a, b in
      let (target, other) = b.isTotal ? (b, a) : (a, b)
      add(other.floats, to: target.floats, count: slice.count)
      if code.precision == .bf16 {
        FloatBytes.roundToHalf(target.floats, count: slice.count, into: target.floats)
      }
      return target
    }
    let result = total + slice.lowerBound
    if let sum {
      if !sum.isTotal { Self.copy(sum.floats, to: result, count: slice.count) }
    } else {
      fill(result, count: slice.count, with: 0)
    }
  }

  /// Sends the own slice's sum to all ranks, and receives theirs.
  private func shareTotal() throws {
    let slice = slices[rank]
    let memory = messages.take(
      outgoing: [code.capacity(slice.count)], incoming: slices.map { code.capacity($0.count) })
    let message = message([total + slice.lowerBound], count: slice.count, in: memory.out[0])
    var incoming = memory.in.prefix(exchange.ranks).map(\.bytes)
    for (other, slice) in slices.enumerated() where other != rank && isPlain(slice.count, 1) {
      incoming[other] = FloatBytes.bytes(of: total + slice.lowerBound, count: slice.count)
    }
    let sizes = try exchange.exchange(
      Array(repeating: message, count: exchange.ranks), into: incoming)
    for (other, slice) in slices.enumerated() where other != rank {
      _ = try read(
        UnsafeRawBufferPointer(rebasing: incoming[other].prefix(sizes[other])),
        isPlain: isPlain(slice.count, 1), count: slice.count, into: total + slice.lowerBound)
    }
  }

  // MARK: Messages

  /// Whether a message of one sum may be its numbers alone, sent from where they are to where they belong. It is told from
  /// the forms of ``WireCode`` by its length, which must be the longest.
  private func isPlain(_ count: Int, _ sums: Int) -> Bool {
    sums == 1 && count >= 1024 && code.precision == .float32
  }

  private func message(
    _ sums: [Floats?], count: Int, in memory: WireMemory
  ) -> UnsafeRawBufferPointer {
    guard let base = memory.bytes.baseAddress else { return UnsafeRawBufferPointer(memory.bytes) }
    if isPlain(count, sums.count), let sum = sums[0] {
      let size = code.sizeOfRows(sum, count: count) ?? .max
      guard size < 4 * count else {
        return UnsafeRawBufferPointer(FloatBytes.bytes(of: sum, count: count))
      }
    }
    var size = 0
    for sum in sums { size += code.encode(sum, count: count, into: base + size) }
    return UnsafeRawBufferPointer(rebasing: memory.bytes.prefix(size))
  }

  private func read(
    _ bytes: UnsafeRawBufferPointer, isPlain: Bool, count: Int, into x: Floats
  ) throws(ExchangeFailure) -> (isPresent: Bool, size: Int) {
    guard isPlain else { return try code.decode(bytes, count: count, into: x) }
    if bytes.count == 4 * count { return (true, bytes.count) }
    // Another form came into the memory of the numbers themselves.
    let copy = WireMemory(copying: Array(bytes))
    return try withExtendedLifetime(copy) { () throws(ExchangeFailure) in
      try code.decode(UnsafeRawBufferPointer(copy.bytes), count: count, into: x)
    }
  }

  /// In pieces so small that the thread team, which computes, is not asked.
  private func add(_ b: Floats, to a: Floats, count: Int) {
    for start in stride(from: 0, to: count, by: 1 << 14) {
      map(.add, into: a + start, a + start, b + start, count: min(1 << 14, count - start))
    }
  }

  private static func copy(_ x: Floats, to y: Floats, count: Int) {
    guard count > 0 else { return }
    copyRows(x, stride: 0, rows: 1, width: count, into: y, stride: 0)
  }
}
