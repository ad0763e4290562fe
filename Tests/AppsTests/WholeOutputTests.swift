import Foundation
import Testing

/// Whole outputs of programs, help texts and error lines among them, as files of the folder `Outputs`.
///
/// A file begins with its command; then follows all that the command writes, and its status where that is not 0. All files
/// are written again, also after a change of a command, by
///
///     SWIFT_RNN_WRITE_OUTPUTS=1 swift test --filter WholeOutputTests
@Suite struct WholeOutputTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Outputs")
  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".txt") }.sorted()

  @Test(arguments: names)
  func aProgramWritesExactlyThis(_ name: String) throws {
    let file = Self.folder.appendingPathComponent(name)
    let expected = try String(contentsOf: file, encoding: .utf8)
    let command = try #require(expected.split(separator: "\n").first)
    #expect(command.hasPrefix("$ "))
    let outcome = try Program.shell(
      "export COLUMNS=80; { \(command.dropFirst(2)); } 2>&1", in: TorchModel.folder)
    let status = outcome.status == 0 ? "" : "[status \(outcome.status)]\n"
    let found = "\(command)\n\(outcome.output)\(status)"
    if ProcessInfo.processInfo.environment["SWIFT_RNN_WRITE_OUTPUTS"] != nil {
      try found.write(to: file, atomically: true, encoding: .utf8)
    } else {
      #expect(found == expected, "\(Self.difference(expected, found))")
    }
  }

  /// The first line in which two texts differ.
  private static func difference(_ expected: String, _ found: String) -> String {
    let (left, right) = (expected.split(separator: "\n"), found.split(separator: "\n"))
    let line = zip(left, right).prefix { $0 == $1 }.count
    return "line \(line + 1): expected \(left.dropFirst(line).first ?? "the end"), found "
      + "\(right.dropFirst(line).first ?? "the end")"
  }

  /// The folder is found, and its cases are run.
  @Test func thereAreCases() { #expect(Self.names.count > 20) }
}
