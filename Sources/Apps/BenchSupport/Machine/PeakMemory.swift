import BenchProbes
import FileCore

/// The peak memory of this process.
public enum PeakMemory {
  /// The peak resident memory in bytes, since the process started or since ``reset()``.
  public static var bytes: Int {
    // The resource usage of a process includes its parent's at the start; this line does not.
    if let line = SystemFacts.value(of: "VmHWM", in: "/proc/self/status"),
      let kibibytes = line.split(separator: " ").first.flatMap({ Int($0) })
    {
      return 1024 * kibibytes
    }
    return System.peakResidentBytes ?? 0
  }

  /// Resets the peak, if the system supports it. Memory that was freed before does not count any more: else what comes next
  /// would use it, and seem to need none.
  public static func reset() {
    bench_release_free_memory()
    #if os(Linux)
      let file = System.openForWriting("/proc/self/clear_refs")
      guard file >= 0 else { return }
      [UInt8(ascii: "5")].withUnsafeBytes { _ = System.writeBytes(file, $0) }
      System.closeFile(file)
    #endif
  }
}
