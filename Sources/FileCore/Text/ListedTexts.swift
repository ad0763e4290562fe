extension Collection<String> {
  /// The texts for a message: the first of them, and how many more there are.
  package func listed(atMost most: Int = 20) -> String {
    let rest = count - most
    return prefix(most).joined(separator: ", ") + (rest > 0 ? " and \(rest.grouped) more" : "")
  }
}
