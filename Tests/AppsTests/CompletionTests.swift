import Foundation
import Testing

/// The completions that `make install` puts in place, in each shell that is there.
@Suite struct CompletionTests {
  private static let programs = ["train", "predict", "generate", "cells", "report"]

  private static func isThere(_ shell: String) -> Bool {
    let outcome = try? Program.shell("command -v \(shell)", in: "/")
    return outcome?.status == 0
  }

  @Test(arguments: ["bash", "zsh", "fish"].filter(isThere))
  func scriptsAreTheShells(_ shell: String) throws {
    try withTemporaryDirectory { directory in
      for program in Self.programs {
        let line = "\(program) --generate-completion-script \(shell) > script && \(shell) -n script"
        let outcome = try Program.shell(line, in: directory)
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(program): \(outcome.error)")
      }
    }
  }

  /// What is typed, and one of the words that a tab offers: subcommands, flags, values, cells, and files where a file is meant.
  private static let typed: [(program: String, expected: [(after: String, word: String)])] = [
    (
      "train",
      [
        ("cl", "classify"), ("classify --poo", "--pooling"), ("classify --pooling ", "attention"),
        ("classify --cell mg", "mgu"), ("lab embedded-", "embedded-reber"),
        ("text --dataset ", "text.txt"), ("text --resume ", "text.txt"),
        ("classify --data ", "text.txt"),
      ]
    ),
    ("predict", [("--ckpt ", "text.txt")]), ("generate", [("--precision ", "medium")]),
    ("inspect", [("", "text.txt")]), ("cells", [("show indr", "indrnn")]),
    ("report", [("", "run/")]),
  ]

  @Test(.enabled(if: isThere("fish")), arguments: typed.indices)
  func aTabCompletes(_ index: Int) throws {
    let (program, expected) = Self.typed[index]
    try withTemporaryDirectory { directory in
      let tabs = expected.map { "complete -C '\(program) \($0.after)'; echo ====" }
      let lines = [
        "touch text.txt; mkdir run",
        "\(program) --generate-completion-script fish > script.fish",
        "HOME=$PWD fish --no-config -c \"source script.fish; \(tabs.joined(separator: "; "))\"",
      ]
      let outcome = try Program.shell(lines.joined(separator: "\n"), in: directory)
      let offers = outcome.output.split(separator: "====\n", omittingEmptySubsequences: false)
      #expect(offers.count == expected.count + 1, "\(outcome)")
      for (offer, (after, word)) in zip(offers, expected) {
        let words = offer.split(separator: "\n").map { $0.prefix { $0 != "\t" } }
        #expect(words.contains(Substring(word)), "\(program) \(after): \(words)")
      }
    }
  }
}
