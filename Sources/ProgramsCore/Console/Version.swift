import CBuildCommit
import Requirements
import TensorCore

/// What `--version` says.
package enum Version {
  /// The package's version, which the configuration of every program holds.
  package static let number = PackageVersion.number

  /// One line with the commit and the instruction set too: `swift-rnn 0.1.0, commit 1a2b3c4d5e6f, instruction set avx2`.
  package static var line: String {
    let commit = String(cString: build_commit())
    return "swift-rnn \(number), " + (commit.isEmpty ? "" : "commit \(commit), ")
      + "instruction set \(InstructionSet.active)"
  }
}
