#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The peak memory of this process.
public enum PeakMemory {
  /// The peak resident memory in bytes, since the process started or since ``reset()``.
  public static var bytes: Int {
    // The resource usage of a process includes its parent's at the start; this line does not.
    if let line = Machine.value(of: "VmHWM", in: "/proc/self/status"),
      let kibibytes = line.split(separator: " ").first.flatMap({ Int($0) })
    {
      return 1024 * kibibytes
    }
    #if canImport(Darwin)
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #else
      return 0
    #endif
  }

  /// Resets the peak, if the system supports it.
  public static func reset() {
    #if os(Linux)
      guard let file = fopen("/proc/self/clear_refs", "w") else { return }
      fputs("5", file)
      fclose(file)
    #endif
  }
}
