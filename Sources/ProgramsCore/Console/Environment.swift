import FileCore

/// The environment variables of the process.
package enum Environment {
  /// The value of a variable; nil if it is unset or empty.
  package static subscript(name: String) -> String? { System.environment(name) }
}
