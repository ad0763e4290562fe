import Requirements
import TensorCore

/// Sums the gradients of all ranks' roots up the tree: each rank sums a slice of every bucket, then all ranks get all
/// slices. A bucket is exchanged as soon as its gradients are complete, while the backward pass goes on.
///
/// Its memory is used again in every step. The sums are the same on every rank, to the bit.
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

/// Memory for the messages of one exchange at a time.
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

/// The sums of one bucket.
final class BucketReduction: @unchecked Sendable {
  private let bucket: GradientLayout.Bucket
  private let code: WireCode
  private let tree: ShardTree
  private let exchange: any GradientExchange
  private let messages: MessageMemory
  /// The own roots' sums, and whether there are any.
  private let own: [Floats]
  private var isPresent: [Bool]
  /// The sums of all shards.
  private let total: Floats
  /// The roots' sums of the own slice, in the order of the tree.
  private let parts: [Floats]
  /// Whether each root of the tree has a sum.
  private var presence: [Bool] = []

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
    own = (0..<roots).map { _ in Floats(Storage(count: bucket.count)) }
    isPresent = Array(repeating: false, count: roots)
    total = Floats(Storage(count: bucket.count))
    let slice = bucket.slice(of: exchange.rank, of: exchange.ranks)
    parts = tree.roots.map { _ in Floats(Storage(count: slice.count)) }
  }

  /// Takes a root's sum for the parameter that stands at `start`.
  func take(_ sum: Tensor?, root: Int, at start: Int) {
    isPresent[root] = sum != nil
    if let sum { Self.copy(sum.elements, to: own[root] + start, count: sum.count) }
  }

  /// Sums the bucket up over all ranks.
  func reduce() throws {
    let slice = bucket.slice(of: exchange.rank, of: exchange.ranks)
    try gatherRoots(of: slice)
    try sumRoots(of: slice)
    try shareTotal(slice)
  }

  /// A parameter's sum.
  func sum(shape: [Int], at start: Int) -> Tensor {
    Tensor(uninitialized: shape) {
      Self.copy(total + start, to: $0, count: shape.reduce(1, *))
    }
  }

  /// Sends each rank its slice of the own roots, and receives the own slice of all others'.
  private func gatherRoots(of slice: Range<Int>) throws {
    let (rank, ranks) = (exchange.rank, exchange.ranks)
    let slices = (0..<ranks).map { bucket.slice(of: $0, of: ranks) }
    let counts = (0..<ranks).map { tree.roots(of: $0).count }
    let memory = messages.take(
      outgoing: slices.map { own.count * code.capacity($0.count) },
      incoming: counts.map { $0 * code.capacity(slice.count) })
    var outgoing: [UnsafeRawBufferPointer] = []
    for (other, part) in slices.enumerated() {
      let bytes = memory.out[other].bytes
      var size = 0
      if let base = bytes.baseAddress, other != rank {
        for (root, isPresent) in zip(own, isPresent) {
          size += code.encode(
            isPresent ? root + part.lowerBound : nil, count: part.count,
            into: base + size)
        }
      }
      outgoing.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(size)))
    }
    let sizes = try exchange.exchange(outgoing, into: memory.in.prefix(ranks).map(\.bytes))
    presence = []
    var read = Array(repeating: 0, count: ranks)
    var taken = 0
    for (root, part) in zip(tree.roots, parts) {
      if root.rank == rank {
        if isPresent[taken] {
          Self.copy(own[taken] + slice.lowerBound, to: part, count: slice.count)
        }
        presence.append(isPresent[taken])
        taken += 1
        continue
      }
      let message = memory.in[root.rank].bytes[read[root.rank]..<sizes[root.rank]]
      let found = try code.decode(
        UnsafeRawBufferPointer(rebasing: message), count: slice.count, into: part)
      read[root.rank] += found.size
      presence.append(found.isPresent)
    }
  }

  /// Sums the own slice of all roots up the tree, in place.
  private func sumRoots(of slice: Range<Int>) throws {
    let values = zip(parts, presence).map { $1 ? $0 : nil }
    let sum = tree.sum(values) { a, b in
      add(b, to: a, count: slice.count)
      if code.precision == .bf16 { FloatBytes.roundToHalf(a, count: slice.count, into: a) }
      return a
    }
    let result = total + slice.lowerBound
    if let sum {
      Self.copy(sum, to: result, count: slice.count)
    } else if !slice.isEmpty {
      fill(result, count: slice.count, with: 0)
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

  /// Sends the own slice's sum to all ranks, and receives theirs.
  private func shareTotal(_ slice: Range<Int>) throws {
    let (rank, ranks) = (exchange.rank, exchange.ranks)
    let slices = (0..<ranks).map { bucket.slice(of: $0, of: ranks) }
    let memory = messages.take(
      outgoing: [code.capacity(slice.count)],
      incoming: slices.map { code.capacity($0.count) })
    guard let base = memory.out[0].bytes.baseAddress else { return }
    let size = code.encode(
      total + slice.lowerBound, count: slice.count, into: base)
    let message = UnsafeRawBufferPointer(rebasing: memory.out[0].bytes.prefix(size))
    let sizes = try exchange.exchange(
      Array(repeating: message, count: ranks), into: memory.in.prefix(ranks).map(\.bytes))
    for (other, part) in slices.enumerated() where other != rank {
      _ = try code.decode(
        UnsafeRawBufferPointer(rebasing: memory.in[other].bytes.prefix(sizes[other])),
        count: part.count, into: total + part.lowerBound)
    }
  }
}
