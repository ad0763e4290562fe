import Datasets
import FileCore
import Training

/// A corpus that one rank of each machine reads for the others.
struct SharedCorpus: Corpus {
  private let base: any Corpus
  private let group: ProcessGroup

  init(_ base: any Corpus, _ group: ProcessGroup) {
    self.base = base
    self.group = group
  }

  var name: String { base.name }

  /// The text of a file comes from the reading rank. What knows more of its text than the text is made or opened by each
  /// rank, the reading one first: it may have to be fetched.
  func read() throws -> CorpusText {
    guard base is TextFile || base is TextFolder else {
      let text = group.isReader ? try base.read() : nil
      _ = try group.gather([])
      return try text ?? base.read()
    }
    let bytes = try group.readOnce { try textOrNothing() }
    // Bytes that are no text: the same error as the reading rank's, which may take them as bytes.
    guard !bytes.isEmpty else { return try base.read() }
    return CorpusText(String(decoding: bytes, as: UTF8.self))
  }

  func readBytes() throws -> [UInt8] { try group.readOnce { try base.readBytes() } }

  private func textOrNothing() throws -> [UInt8] {
    do {
      return Array(try base.read().text.utf8)
    } catch let error as FileError {
      guard case .encoding = error.problem else { throw error }
      return []
    }
  }
}
