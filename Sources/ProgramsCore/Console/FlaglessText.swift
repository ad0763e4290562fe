import FileCore

/// A text file whose encoding no flag names: a cell, a configuration, a record of a run.
package enum FlaglessText {
  /// Reads a file in its detected encoding.
  ///
  /// - Throws: ``Failure``, which advises no `--encoding`.
  package static func read(_ path: String, limit: Int = TextSource.largest) throws(Failure)
    -> String
  {
    do throws(FileError) {
      return try TextSource(path).text(limit: limit)
    } catch {
      throw Failure("\(error)")
    }
  }
}
