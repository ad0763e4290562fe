import Synchronization
internal import TensorCore

/// The values of `body` for the numbers 0 ..< `order.count`, worked on in this order by the threads of the team:
/// the longest first, so that no thread begins a long one when the others are done.
///
/// The result does not depend on the number of threads.
func inParallel<Value: Sendable>(_ order: [Int], _ body: (Int) -> Value) -> [Value] {
  let next = Atomic(0)
  return [Value](unsafeUninitializedCapacity: order.count) { buffer, count in
    ThreadTeam.run(parts: max(1, min(ThreadTeam.count, order.count))) { _ in
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
    return inParallel(order) { position in
      let content = contents[position]
      return StoredPayload(
        content.bytes, width: content.elementType.width, isText: content.kind != .tensor,
        compression: compression)
    }
  }
}
