import FileCore

/// The command line of the running program, and command lines that the user can type next.
package enum Invocation {
  /// The path of the executable as it was typed.
  private static var path: String { CommandLine.arguments.first ?? "" }

  /// The name of the executable.
  package static var name: String { Folder.name(of: path) }

  /// The command line of this process, for a shell.
  package static var typed: String {
    CommandLine.arguments.map(\.quotedForShell).joined(separator: " ")
  }

  /// A command for a shell: `train classify --resume 'my model.rnnz'`.
  ///
  /// Programs of one executable are its subcommands; others stand beside the running one.
  package static func line(_ program: Program, _ words: [String]) -> String {
    var all = [path, program.rawValue]
    if !Library.current.isWhole {
      let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
      all = [folder + program.rawValue]
    }
    return (all + words).map(\.quotedForShell).joined(separator: " ")
  }
}

extension String {
  /// The text as one word of a shell's command line.
  package var quotedForShell: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || "_./:=@%+,-".unicodeScalars.contains(scalar))
      }
    return isPlain
      ? self
      : "'"
        + split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
