import Checkpoint

/// A checkpoint whose number says what must be in it.
package enum Generation {
  /// Some ten kilobytes: a few pages of a disk.
  package static func checkpoint(_ number: Int) -> Checkpoint {
    var checkpoint = Checkpoint()
    let weights = (0..<3000).map { Float($0 &* 2_654_435_761 % 10_007) + Float(number) }
    checkpoint.set(StoredArray(weights, shape: [30, 100]), .model, "w")
    checkpoint.set(StoredArray(UInt64(number)), .trainer, "step")
    return checkpoint
  }

  /// The rotation that saves it: the last two and the best are kept.
  package static func series(in directory: String) -> CheckpointSeries {
    CheckpointSeries(directory: directory, keepLast: 2)
  }

  /// Saves a generation as the newest and the best.
  package static func save(_ number: Int, in directory: String) throws(CheckpointError) {
    try series(in: directory).save(checkpoint(number), step: number, isBest: true)
  }

  /// The newest generation in a directory; nil if there is none.
  ///
  /// Throws unless every file is whole and holds what its name says, the best one included.
  package static func newest(in directory: String) throws -> Int? {
    let series = series(in: directory)
    guard let latest = try series.latest() else { return nil }
    if let damaged = latest.damaged.first { throw damaged }
    guard try Checkpoint(reading: latest.reader) == checkpoint(latest.step) else {
      throw Mixture(file: latest.reader.file)
    }
    // It may be older by more than one, after more than one process was stopped between the two files.
    let best = try CheckpointReader(path: series.bestPath)
    let number = Int(clamping: try best.value(UInt64.self, .trainer, "step"))
    guard number <= latest.step, try Checkpoint(reading: best) == checkpoint(number) else {
      throw Mixture(file: series.bestPath)
    }
    return latest.step
  }

  /// A file that is whole, but not what was saved under its name.
  package struct Mixture: Error, CustomStringConvertible {
    let file: String
    package var description: String { "\(file): not one of the checkpoints that were saved" }
  }
}
