import FileCore
import Synchronization
internal import TensorCore

/// The values of `body` for 0 ..< `order.count`, computed by the thread pool in the order `order`: put the longest
/// first, so that no thread starts a long one when the others are done.
///
/// The result does not depend on the number of threads. For few `bytes` only the calling thread works: waking another
/// would take longer.
func inParallel<Value: Sendable>(
  _ order: [Int], bytes: Int, _ body: (Int) -> Value
) -> [Value] {
  let next = Atomic(0)
  let threads = bytes < 1 << 16 ? 1 : ThreadTeam.count
  return [Value](uninitializedCapacity: order.count) { buffer, count in
    ThreadTeam.run(parts: max(1, min(threads, order.count))) { _ in
      while true {
        let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard turn < order.count else { return }
        buffer.initializeElement(at: order[turn], to: body(order[turn]))
      }
    }
    count = order.count
  }
}

extension StoredPayload {
  /// Compresses all contents; the result does not depend on the number of threads.
  static func all(_ contents: [Checkpoint.Content], compression: Compression) -> [StoredPayload] {
    let order = contents.indices.sorted { contents[$0].bytes.count > contents[$1].bytes.count }
    let size = contents.reduce(0) { $0 + $1.bytes.count }
    return inParallel(order, bytes: size) { position in
      let content = contents[position]
      return StoredPayload(
        content.bytes, width: content.elementType.width, isText: content.kind != .tensor,
        compression: compression)
    }
  }
}
