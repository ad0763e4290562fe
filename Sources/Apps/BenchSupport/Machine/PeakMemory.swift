#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How much memory this process has had at most.
public enum PeakMemory {
  /// Bytes in memory at most, since the process started or since ``reset()``.
  public static var bytes: Int {
    // The resource usage of a process counts what its parent had when it was started; this line doesn't.
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

  /// Counts from now on, where the system can.
  public static func reset() {
    #if os(Linux)
      guard let file = fopen("/proc/self/clear_refs", "w") else { return }
      fputs("5", file)
      fclose(file)
    #endif
  }
}
