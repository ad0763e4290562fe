import Synchronization
internal import TensorCore

extension StoredPayload {
  /// Compresses all contents, over the threads of the team; the result does not depend on their number.
  static func all(_ contents: [Checkpoint.Content], compression: Compression) -> [StoredPayload] {
    // The largest first, so that no thread starts on a long one when the others are done.
    let order = contents.indices.sorted { contents[$0].bytes.count > contents[$1].bytes.count }
    let next = Atomic(0)
    return [StoredPayload](unsafeUninitializedCapacity: contents.count) { buffer, count in
      ThreadTeam.run(parts: max(1, min(ThreadTeam.count, contents.count))) { _ in
        while true {
          let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard turn < order.count else { return }
          let content = contents[order[turn]]
          buffer.initializeElement(
            at: order[turn],
            to: StoredPayload(
              content.bytes, width: content.elementType.width, isText: content.kind != .tensor,
              compression: compression))
        }
      }
      count = contents.count
    }
  }
}
