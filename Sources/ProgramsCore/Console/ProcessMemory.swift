import FileCore

/// The memory of this process.
package enum ProcessMemory {
  /// The resident memory in bytes; 0 where the system doesn't report it.
  package static var residentBytes: Int {
    guard let bytes = try? FileBytes.read("/proc/self/statm", limit: 1 << 12) else { return 0 }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    return fields.dropFirst().first.flatMap { Int($0) }.map { $0 * System.pageSize } ?? 0
  }
}
