import ArgumentParser

extension CompletionKind {
  /// The names of all cells.
  package static var cells: CompletionKind {
    .shellCommand("cells list | tail -n +2 | cut -d ' ' -f 1")
  }
}
