import Datasets
import Foundation
import Testing

@Suite struct ConstantMemoryTests {
  /// The peak memory of this process in bytes.
  private static var peak: Int {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(RUSAGE_SELF.rawValue, &usage)
      return usage.ru_maxrss * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #endif
  }

  /// A file of 19 MB is surveyed and streamed; holding it in memory would exceed the limit.
  @Test func aLargeFileIsReadInConstantMemory() async {
    await #expect(processExitsWith: .success) {
      let url = FileManager.default.temporaryDirectory
        .appending(path: "datasets-\(UInt64.random(in: 0 ... .max)).csv")
      defer { try? FileManager.default.removeItem(at: url) }
      let row = String(repeating: "word ", count: 200)
      var block = Data()
      for number in 0..<480 { block += Data("\(row)\(number),\(number % 2)\n".utf8) }
      _ = FileManager.default.createFile(atPath: url.path(), contents: Data("text,label\n".utf8))
      let handle = try FileHandle(forWritingTo: url)
      try handle.seekToEnd()
      for _ in 0..<40 { try handle.write(contentsOf: block) }
      try handle.close()

      let before = Self.peak
      var options = FileOptions()
      options.memoryLimit = 1 << 20
      let task = try FileDataset(url.path(), options: options).read()
      var (place, count) = (SamplePlace(), 0)
      while true {
        let more = try task.training.samples(from: &place, limit: 256)
        if more.isEmpty { break }
        count += more.count
      }
      precondition(count == 17_280, "\(count) samples")
      let grown = Self.peak - before
      precondition(grown < 10 << 20, "\(grown) bytes more in memory")
    }
  }
}
