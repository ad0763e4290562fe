internal import CTensorKernels
import Requirements

/// The memory of all tensors: blocks that were used once are kept and used again.
///
/// A training step asks for the same sizes as the step before it, so that after the first steps
/// every request is answered from the pool and none by the system. A request is rounded up to one
/// of four sizes per power of two (at most a quarter more than was asked for, 64 bytes at least).
/// The pool keeps at most ``limit`` bytes that nobody uses; beyond that, blocks of the sizes that
/// have been idle longest go back to the system.
///
/// All members may be used from any thread.
public enum MemoryPool {
  /// What the pool has done since the process started, and what it holds now.
  public struct Statistics: Sendable, Hashable {
    /// Blocks that came from the system.
    public internal(set) var systemAllocations = 0
    /// Blocks that went back to the system.
    public internal(set) var systemReleases = 0
    /// Bytes that tensors use.
    public internal(set) var bytesInUse = 0
    /// Bytes that are kept for later.
    public internal(set) var bytesFree = 0
    /// Bytes that the pool has from the system: in use and free.
    public var bytesHeld: Int { bytesInUse + bytesFree }
  }

  /// The statistics at this moment.
  public static var statistics: Statistics { BlockLists.shared.statistics }

  /// How many free bytes the pool keeps at most: 1 GiB unless set.
  public static var limit: Int {
    get { BlockLists.shared.limit }
    set { BlockLists.shared.limit = newValue }
  }

  /// Gives every free block back to the system.
  public static func clear() { BlockLists.shared.trim(to: 0) }
}

/// The free blocks, one list for each size class. A free block's first bytes point to the next one.
final class BlockLists: @unchecked Sendable {
  static let shared = BlockLists()

  private struct List {
    var head: UnsafeMutableRawPointer?
    var lastUse = 0
  }

  private let lock = Lock()
  private let lists: UnsafeMutablePointer<List>
  private var clock = 0
  private var counters = MemoryPool.Statistics()
  private var freeLimit = 1 << 30

  private init() {
    lists = .allocate(capacity: SizeClass.count)
    lists.initialize(repeating: List(), count: SizeClass.count)
  }

  var statistics: MemoryPool.Statistics { lock.withLock { counters } }

  var limit: Int {
    get { lock.withLock { freeLimit } }
    set {
      lock.withLock { freeLimit = newValue }
      trim(to: newValue)
    }
  }

  /// A block of at least `count` floats whose contents are undefined.
  func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let size = SizeClass(floats: count)
    let recycled: UnsafeMutableRawPointer? = lock.withLock {
      counters.bytesInUse += size.bytes
      guard let block = pop(size.index) else {
        counters.systemAllocations += 1
        return nil
      }
      counters.bytesFree -= size.bytes
      return block
    }
    if let recycled { return recycled.assumingMemoryBound(to: Float.self) }
    guard let block = ctk_memory_create(size.floats) else {
      failure("out of memory: the system has no \(size.bytes) bytes for a tensor")
    }
    return block
  }

  /// Takes back a block that `take(count)` gave.
  func give(_ block: UnsafeMutablePointer<Float>, _ count: Int) {
    let size = SizeClass(floats: count)
    lock.withLock {
      clock &+= 1
      let raw = UnsafeMutableRawPointer(block)
      raw.storeBytes(of: lists[size.index].head, as: UnsafeMutableRawPointer?.self)
      lists[size.index] = List(head: raw, lastUse: clock)
      counters.bytesInUse -= size.bytes
      counters.bytesFree += size.bytes
      if counters.bytesFree > freeLimit { releaseIdle(downTo: freeLimit) }
    }
  }

  func trim(to bytes: Int) {
    lock.withLock { releaseIdle(downTo: bytes) }
  }

  private func pop(_ index: Int) -> UnsafeMutableRawPointer? {
    guard let block = lists[index].head else { return nil }
    clock &+= 1
    lists[index] = List(
      head: block.load(as: UnsafeMutableRawPointer?.self), lastUse: clock)
    return block
  }

  private func releaseIdle(downTo bytes: Int) {
    while counters.bytesFree > bytes {
      let filled = (0..<SizeClass.count).filter { lists[$0].head != nil }
      guard let index = filled.min(by: { lists[$0].lastUse < lists[$1].lastUse }) else { return }
      let lastUse = lists[index].lastUse
      guard let block = pop(index) else { return }
      lists[index].lastUse = lastUse
      ctk_memory_destroy(block.assumingMemoryBound(to: Float.self))
      counters.bytesFree -= SizeClass(index: index).bytes
      counters.systemReleases += 1
    }
  }
}

/// One of the pool's block sizes: 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, ... times 64 bytes.
package struct SizeClass {
  package static let count = 224
  private static let floatsPerUnit = 16

  package let index: Int
  package let floats: Int
  package var bytes: Int { floats * MemoryLayout<Float>.stride }

  /// The smallest class that holds `count` floats.
  package init(floats count: Int) {
    let units = max(1, (count &+ (Self.floatsPerUnit - 1)) / Self.floatsPerUnit)
    guard units > 4 else {
      self.init(index: units - 1, units: units)
      return
    }
    let exponent = Int.bitWidth - 1 - (units - 1).leadingZeroBitCount
    let step = 1 << (exponent - 2)
    let steps = (units + step - 1) / step
    self.init(index: 4 * (exponent - 1) + steps - 5, units: steps * step)
  }

  package init(index: Int) {
    let units = index < 4 ? index + 1 : (index % 4 + 5) << (index / 4 - 1)
    self.init(index: index, units: units)
  }

  private init(index: Int, units: Int) {
    self.index = index
    floats = units * Self.floatsPerUnit
  }
}
