import FileCore
import Requirements
internal import TensorCore

/// The checkpoints of one training run in a directory: the last few, and the best.
///
/// ```swift
/// let series = CheckpointSeries(directory: "run", keepLast: 3)
/// try series.save(checkpoint, step: 1500, isBest: loss < best)
/// // run/ckpt-1300.rnnz  run/ckpt-1400.rnnz  run/ckpt-1500.rnnz  run/ckpt-best.rnnz
/// let latest = try series.latest()   // of step 1500; if that is damaged, of step 1400
/// ```
///
/// An old file is removed only after a newer one is flushed to the disk. Temporary files of processes that were killed
/// while saving are removed too.
public struct CheckpointSeries: Sendable, Hashable {
  /// The directory of the files, which must exist.
  public var directory: String
  /// The prefix of the files' names.
  public var name: String
  /// The number of files kept besides the best one; at least 1.
  public var keepLast: Int

  /// The newest undamaged file of a series.
  public struct Latest: Sendable {
    /// The step in the file's name.
    public let step: Int
    /// The file; all of its bytes are checked.
    public let reader: CheckpointReader
    /// The errors of newer files that were skipped: for a warning.
    public let damaged: [CheckpointError]
  }

  /// A series of files `NAME-STEP.rnnz`.
  public init(directory: String, name: String = "ckpt", keepLast: Int = 3) {
    require(keepLast >= 1, "a series of \(keepLast) checkpoints cannot be resumed")
    self.directory = directory
    self.name = name
    self.keepLast = keepLast
  }

  /// The path of a step's file.
  public func path(step: Int) -> String { "\(directory)/\(fileName(step))" }

  /// The path of the best file.
  public var bestPath: String { "\(directory)/\(name)-best.rnnz" }

  private func fileName(_ step: Int) -> String { "\(name)-\(step).rnnz" }

  /// Saves a checkpoint, also as the best one if `isBest`; then removes the oldest files beyond `keepLast`.
  ///
  /// Throws the errors of ``Checkpoint/save(to:compression:)``; then nothing is removed.
  public func save(
    _ checkpoint: Checkpoint, step: Int, isBest: Bool, compression: Compression = .fast
  ) throws(CheckpointError) {
    require(step >= 0, "a checkpoint of step \(step) cannot be")
    try checkpoint.save(to: path(step: step), compression: compression)
    // A separate file instead of a link, so that damage to one file leaves the other intact.
    if isBest { try checkpoint.save(to: bestPath, compression: compression) }
    let place = try openDirectory()
    place.removeLitter { $0 == "\(name)-best.rnnz" || stepNumber(of: String($0)) != nil }
    let others = steps(among: try names(in: place)).filter { $0 != step }
    for old in others.dropFirst(keepLast - 1) { place.remove(fileName(old)) }
  }

  /// The undamaged file of the highest step; nil if there are no files.
  ///
  /// Throws the error of the newest file if all are damaged.
  public func latest(limits: ReadLimits = ReadLimits()) throws(CheckpointError) -> Latest? {
    var damaged: [CheckpointError] = []
    for step in steps(among: try names(in: openDirectory())) {
      do throws(CheckpointError) {
        let reader = try CheckpointReader(path: path(step: step), limits: limits)
        try reader.verify()
        return Latest(step: step, reader: reader, damaged: damaged)
      } catch {
        damaged.append(error)
      }
    }
    if let newest = damaged.first { throw newest }
    return nil
  }

  private func openDirectory() throws(CheckpointError) -> Directory {
    try CheckpointError.throwing { () throws(FileError) in try Directory(path: directory) }
  }

  private func names(in place: borrowing Directory) throws(CheckpointError) -> [String] {
    try CheckpointError.throwing { () throws(FileError) in try place.names() }
  }

  /// The steps of the series' files, the highest first.
  private func steps(among names: [String]) -> [Int] {
    names.compactMap { stepNumber(of: $0) }.sorted(by: >)
  }

  /// The step in the name of a file of the series; nil for any other name.
  private func stepNumber(of file: String) -> Int? {
    guard file.hasPrefix("\(name)-"), file.hasSuffix(".rnnz"),
      let step = Int(file.dropFirst(name.count + 1).dropLast(5)), fileName(step) == file
    else { return nil }
    return step
  }
}
