/// The version of this package: the one place where it stands.
package enum PackageVersion {
  /// As in the tags of the repository. The programs say it, and the header of a saved model holds it.
  package static let number = "0.1.0"
}
