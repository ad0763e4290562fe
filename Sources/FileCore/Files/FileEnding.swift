extension String {
  /// Whether a path ends with one of some endings, such as `.npz`, in small letters or capitals.
  package func hasEnding(_ endings: String...) -> Bool { hasEnding(endings) }

  /// Whether a path ends with one of some endings, such as `.npz`, in small letters or capitals.
  package func hasEnding(_ endings: [String]) -> Bool {
    let path = lowercased()
    return endings.contains { path.hasSuffix($0) }
  }
}
