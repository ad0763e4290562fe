import FileCore

/// How much memory this process has.
package enum ProcessMemory {
  /// Bytes that are in memory now; 0 where the system doesn't tell.
  package static var residentBytes: Int {
    guard let bytes = try? FileBytes.read("/proc/self/statm", limit: 1 << 12) else { return 0 }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    return fields.dropFirst().first.flatMap { Int($0) }.map { $0 * System.pageSize } ?? 0
  }
}
