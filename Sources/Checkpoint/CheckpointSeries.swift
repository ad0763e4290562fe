import FileCore
import Requirements
internal import TensorCore

/// The checkpoints that one training run leaves in a directory: the last few, and the best.
///
/// ```swift
/// let series = CheckpointSeries(directory: "run", keepLast: 3)
/// try series.save(checkpoint, step: 1500, isBest: loss < best)
/// // run/ckpt-1300.rnnz  run/ckpt-1400.rnnz  run/ckpt-1500.rnnz  run/ckpt-best.rnnz
/// let latest = try series.latest()   // of step 1500; if that is damaged, of step 1400
/// ```
///
/// An older file is removed only when a newer one is safely on the disk; so is what a process left behind that was killed while
/// it saved.
public struct CheckpointSeries: Sendable, Hashable {
  /// Where the files are; the directory must exist.
  public var directory: String
  /// What the files' names start with.
  public var name: String
  /// How many files are kept beside the best one; at least 1.
  public var keepLast: Int

  /// The newest file of a series that is whole.
  public struct Latest: Sendable {
    /// The step in the file's name.
    public let step: Int
    /// The file, every byte of which has been checked.
    public let reader: CheckpointReader
    /// What is wrong with the newer files that were passed over: for a warning.
    public let damaged: [CheckpointError]
  }

  /// A series of files `NAME-STEP.rnnz`.
  public init(directory: String, name: String = "ckpt", keepLast: Int = 3) {
    require(keepLast >= 1, "a series of \(keepLast) checkpoints cannot be resumed")
    self.directory = directory
    self.name = name
    self.keepLast = keepLast
  }

  /// The path of the file of a step.
  public func path(step: Int) -> String { "\(directory)/\(fileName(step))" }

  /// The path of the best file.
  public var bestPath: String { "\(directory)/\(name)-best.rnnz" }

  private func fileName(_ step: Int) -> String { "\(name)-\(step).rnnz" }

  /// Saves a checkpoint, also as the best one if it is; then removes the oldest files beyond `keepLast`.
  ///
  /// Throws what ``Checkpoint/save(to:compression:)`` throws; then nothing is removed.
  public func save(
    _ checkpoint: Checkpoint, step: Int, isBest: Bool, compression: Compression = .fast
  ) throws(CheckpointError) {
    require(step >= 0, "a checkpoint of step \(step) cannot be")
    try checkpoint.save(to: path(step: step), compression: compression)
    // A file of its own and not a link: damage to one is not damage to both.
    if isBest { try checkpoint.save(to: bestPath, compression: compression) }
    let place = try openDirectory()
    place.removeLitter { $0 == "\(name)-best.rnnz" || stepNumber(of: String($0)) != nil }
    let others = steps(among: try names(in: place)).filter { $0 != step }
    for old in others.dropFirst(keepLast - 1) { place.remove(fileName(old)) }
  }

  /// The file of the highest step that is whole, or nil if there is none at all.
  ///
  /// Throws what is wrong with the newest file if all are damaged.
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

  /// The step of a file of the series; nil for any other name.
  private func stepNumber(of file: String) -> Int? {
    guard file.hasPrefix("\(name)-"), file.hasSuffix(".rnnz"),
      let step = Int(file.dropFirst(name.count + 1).dropLast(5)), fileName(step) == file
    else { return nil }
    return step
  }
}
