/// What is wrong with bytes of another library's format; who reads their file makes it a `CheckpointError`.
struct FormatError: Error, Hashable {
  /// The offset of the wrong part, from the first byte that was given to the reader.
  var offset: Int
  /// What was expected there and what was found, or the rule that is broken.
  var problem: String
}
