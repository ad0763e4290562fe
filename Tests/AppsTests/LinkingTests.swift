import Foundation
import ProgramsCore
import Testing

/// What an executable is linked with.
@Suite struct LinkingTests {
  private func contains(_ name: String, _ text: String) throws -> Bool {
    let file = URL(fileURLWithPath: Program(name).path)
    return try Data(contentsOf: file, options: .alwaysMapped).range(of: Data(text.utf8)) != nil
  }

  /// Who generates links no trainer and no Foundation, which alone takes some milliseconds to start.
  @Test(arguments: ["generate", "predict", "inspect", "convert", "cells"])
  func whoUsesAModelLinksNoTrainer(_ name: String) throws {
    for text in ["$s8Training", "$s9Downloads", "libFoundation.so"] {
      #expect(try !contains(name, text), "\(text)")
    }
  }

  @Test func theNamesAreThoseOfWhatATrainerIsLinkedWith() throws {
    #expect(try contains("train", "$s8Training") && contains("train", "libFoundation.so"))
  }

  @Test(arguments: [
    "train", "predict", "evaluate", "generate", "inspect", "convert", "cells", "report",
    "playground", "bench",
  ])
  func everyProgramSaysItsVersion(_ name: String) throws {
    let outcome = try Program(name).run("--version")
    #expect(outcome.status == 0 && outcome.error.isEmpty)
    let form = /swift-rnn \d+\.\d+\.\d+, (commit [0-9a-f]{12}\+?, )?instruction set \w+\n/
    #expect(outcome.output.wholeMatch(of: form) != nil, "\(outcome.output)")
  }

  /// What people read of the version is that of the code.
  @Test(arguments: [("CHANGELOG.md", "\n## "), ("README.md", "from: \"")])
  func theVersionIsThatOfThePages(_ page: String, _ before: String) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
    #expect(text.contains(before + Version.number))
  }
}
