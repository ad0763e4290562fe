import Checkpoint
import Testing

struct SeriesTests {
  private func checkpoint(_ step: Int) -> Checkpoint {
    var checkpoint = Checkpoint()
    checkpoint.set(StoredArray(UInt64(step)), .trainer, "step")
    return checkpoint
  }

  @Test func theLastOnesAndTheBestAreKept() throws {
    let directory = try TemporaryDirectory()
    let series = CheckpointSeries(directory: directory.path, keepLast: 2)
    #expect(try series.latest()?.step == nil)
    for (step, isBest) in [(900, false), (1000, true), (1100, false), (1200, false)] {
      try series.save(checkpoint(step), step: step, isBest: isBest)
    }
    #expect(
      try fileNames(in: directory.path) == ["ckpt-1100.rnnz", "ckpt-1200.rnnz", "ckpt-best.rnnz"])
    #expect(try Checkpoint(path: series.bestPath) == checkpoint(1000))
    let latest = try #require(try series.latest())
    #expect(latest.step == 1200 && latest.damaged.isEmpty)
    #expect(try latest.reader.value(UInt64.self, .trainer, "step") == 1200)
  }

  @Test func aDamagedFileIsPassedOverWithItsError() throws {
    let directory = try TemporaryDirectory()
    let series = CheckpointSeries(directory: directory.path)
    try series.save(checkpoint(7), step: 7, isBest: false)
    var bytes = try checkpoint(8).encoded()
    bytes[bytes.count - 1] ^= 1
    try directory.create("ckpt-8.rnnz", bytes: bytes)
    try directory.create("ckpt-10.rnnz", bytes: [])
    try directory.create("ckpt-011.rnnz", bytes: bytes)  // not a name that the series gives
    let latest = try #require(try series.latest())
    #expect(latest.step == 7)
    #expect(
      latest.damaged.map(\.file) == [10, 8].map { series.path(step: $0) })
    #expect(latest.damaged[0].problem == .notARnnzFile(looksLike: "an empty file"))
  }

  @Test func whereAllAreDamagedTheNewestIsReported() throws {
    let directory = try TemporaryDirectory()
    try directory.create("ckpt-1.rnnz", bytes: [])
    try directory.create("ckpt-2.rnnz", bytes: [0x50, 0x4B, 3, 4])
    let series = CheckpointSeries(directory: directory.path)
    let error = #expect(throws: CheckpointError.self) { try series.latest() }
    #expect(error?.file == series.path(step: 2))
  }

  @Test func aDirectoryThatIsMissingIsNamed() {
    let series = CheckpointSeries(directory: "/nowhere")
    let error = #expect(throws: CheckpointError.self) { try series.latest() }
    #expect(error?.description == "/nowhere: no such file or directory")
  }
}
