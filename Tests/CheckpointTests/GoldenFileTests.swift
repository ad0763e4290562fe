import Checkpoint
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that version 1 of the format wrote are read for ever.
struct GoldenFileTests {
  @Test(arguments: GoldenFile.all)
  func everyLaterVersionReadsIt(file: GoldenFile) throws {
    let reader = try CheckpointReader(path: file.path)
    try reader.verify()
    #expect(try Checkpoint(reading: reader) == file.contents)
    #expect(reader.entries.count == file.contents.contents.count)
  }

  /// A file that nobody reads would prove nothing.
  @Test func everyFileOfTheFolderIsRead() throws {
    let names = try fileNames(in: fixture("version-1"))
    #expect(names == GoldenFile.all.map { $0.name + ".rnnz" }.sorted())
  }

  /// The command that wrote them; it never changes a file that is there.
  @Test(.enabled(if: getenv("SWIFT_RNN_WRITE_GOLDEN_FILES") != nil, "only writes new files"))
  func writeNewFiles() throws {
    mkdir(fixture("version-1"), 0o755)
    for file in GoldenFile.all where access(file.path, F_OK) != 0 {
      let bytes = try file.bytes()
      let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL, 0o644)
      #expect(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count)
      close(descriptor)
    }
  }
}
