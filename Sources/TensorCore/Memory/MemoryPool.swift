internal import CTensorKernels
import Requirements

/// The memory of all tensors: freed blocks are kept and reused.
///
/// A training step needs the same sizes as the step before it, so that after the first steps
/// every block comes from the pool and none from the system. A request is rounded up to one
/// of four sizes per power of two (at most a quarter more than was asked for, 64 bytes at least).
/// The pool keeps at most ``limit`` free bytes; beyond that, blocks of the sizes that were unused
/// longest go back to the system.
///
/// All members may be used from any thread.
public enum MemoryPool {
  /// The number of allocations since the process started, and the bytes that the pool holds now.
  public struct Statistics: Sendable, Hashable {
    /// Blocks that came from the system.
    public internal(set) var systemAllocations = 0
    /// Blocks that went back to the system.
    public internal(set) var systemReleases = 0
    /// Bytes that tensors use.
    public internal(set) var bytesInUse = 0
    /// Bytes that are kept for reuse.
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
final class BlockLists: Sendable {
  static let shared = BlockLists()

  private struct List {
    var head: UnsafeMutableRawPointer?
    var lastUse = 0
  }

  private struct Blocks {
    /// One for each size class, for as long as the process runs.
    let lists = UnsafeMutableBufferPointer<List>.allocate(capacity: SizeClass.count)
    var clock = 0
    var counters = MemoryPool.Statistics()
    var limit = 1 << 30

    init() { lists.initialize(repeating: List()) }

    mutating func push(_ block: UnsafeMutableRawPointer, _ index: Int) {
      clock &+= 1
      BlockLists.link(block, to: lists[index].head)
      lists[index] = List(head: block, lastUse: clock)
    }

    mutating func pop(_ index: Int) -> UnsafeMutableRawPointer? {
      guard let block = lists[index].head else { return nil }
      clock &+= 1
      lists[index] = List(head: BlockLists.next(block), lastUse: clock)
      return block
    }

    /// Takes out the blocks that have been idle longest until at most `bytes` bytes are free; returns them as a
    /// list, to be given back to the system.
    mutating func takeIdle(downTo bytes: Int) -> UnsafeMutableRawPointer? {
      var taken: UnsafeMutableRawPointer?
      while counters.bytesFree > bytes {
        let filled = lists.indices.filter { lists[$0].head != nil }
        guard let index = filled.min(by: { lists[$0].lastUse < lists[$1].lastUse }),
          let block = lists[index].head
        else { break }
        lists[index].head = BlockLists.next(block)
        BlockLists.link(block, to: taken)
        taken = block
        counters.bytesFree -= SizeClass(index: index).bytes
        counters.systemReleases += 1
      }
      return taken
    }
  }

  private let blocks = Guarded(Blocks())

  var statistics: MemoryPool.Statistics { blocks.withLock { $0.counters } }

  var limit: Int {
    get { blocks.withLock { $0.limit } }
    set {
      blocks.withLock { $0.limit = newValue }
      trim(to: newValue)
    }
  }

  /// A block of at least `count` floats whose contents are undefined.
  func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let size = SizeClass(floats: count)
    let recycled = blocks.withLock { blocks in
      blocks.counters.bytesInUse += size.bytes
      let block = blocks.pop(size.index)
      if block == nil {
        blocks.counters.systemAllocations += 1
      } else {
        blocks.counters.bytesFree -= size.bytes
      }
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
    let idle: UnsafeMutableRawPointer? = blocks.withLock { blocks in
      blocks.push(UnsafeMutableRawPointer(block), size.index)
      blocks.counters.bytesInUse -= size.bytes
      blocks.counters.bytesFree += size.bytes
      return blocks.counters.bytesFree > blocks.limit
        ? blocks.takeIdle(downTo: blocks.limit) : nil
    }
    Self.release(idle)
  }

  func trim(to bytes: Int) {
    Self.release(blocks.withLock { $0.takeIdle(downTo: bytes) })
  }

  /// Gives a list of blocks back to the system.
  private static func release(_ list: UnsafeMutableRawPointer?) {
    var rest = list
    while let block = rest {
      rest = next(block)
      ctk_memory_destroy(block.assumingMemoryBound(to: Float.self))
    }
  }

  private static func next(_ block: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    block.load(as: UnsafeMutableRawPointer?.self)
  }

  private static func link(_ block: UnsafeMutableRawPointer, to next: UnsafeMutableRawPointer?) {
    block.storeBytes(of: next, as: UnsafeMutableRawPointer?.self)
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
