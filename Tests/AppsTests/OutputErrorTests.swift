import Foundation
import Testing

/// Where standard output cannot be written to, a program ends with status 1 and one line; a closed pipe is no fault.
@Suite struct OutputErrorTests {
  private static let model =
    "train --dataset tales:20000 --hidden 8 --embedding 4 --batch-size 4 --steps 16 --max-steps 4 --threads 1"

  /// A directory with a model and lines for it.
  private func withModel(_ body: (String) throws -> Void) throws {
    try withTemporaryDirectory { directory in
      #expect(try Program.shell(Self.model, in: directory).status == 0)
      try String(repeating: "Once \n", count: 40)
        .write(toFile: directory + "/lines.txt", atomically: true, encoding: .utf8)
      try body(directory)
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aFullDiskEndsEveryProgram() throws {
    try withModel { directory in
      for command in [
        "generate --ckpt model.rnnz --length 1000",
        "predict --ckpt model.rnnz --length 20 lines.txt",
        "evaluate --ckpt model.rnnz --data lines.txt", "inspect model.rnnz",
        "inspect model.rnnz --json", "cells list", "cells show gru", "train lab", "train --help",
        "convert model.rnnz out.safetensors", "\(Self.model) --out new.rnnz",
        "bench explain --hidden 8",
      ] {
        let outcome = try Program.shell("\(command) > /dev/full", in: directory)
        #expect(outcome.status == 1, "\(command)")
        #expect(
          outcome.error == "Error: standard output: No space left on device\n",
          "\(command): \(outcome.error)")
      }
      #expect(
        !FileManager.default.fileExists(atPath: directory + "/new.rnnz"), "nothing was trained")
    }
  }

  /// It does not serve on at an address that nobody has been told.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aPlaygroundThatCannotSayItsAddressEnds() throws {
    for (output, message) in [
      ("/dev/full", "No space left on device"), ("&-", "Bad file descriptor"),
    ] {
      let outcome = try Program.shell(
        "timeout 60 playground --port $((20000 + $$ % 20000)) >\(output)", in: "/tmp")
      #expect(outcome.status == 1)
      #expect(outcome.error == "Error: standard output: \(message)\n")
    }
  }

  @Test func aClosedPipeIsQuiet() throws {
    try withModel { directory in
      for command in [
        "generate --ckpt model.rnnz --length 100000000", "predict --ckpt model.rnnz lines.txt",
        "cells list",
      ] {
        let outcome = try Program.shell("\(command) | head -c 20", in: directory)
        #expect(outcome.status == 0 && outcome.output.utf8.count == 20)
        #expect(outcome.error.isEmpty, "\(command): \(outcome.error)")
      }
    }
  }

  /// Training whose output nobody reads any longer saves its model, and goes on from there.
  @Test func trainingSavesWhenItsPipeIsClosed() throws {
    try withTemporaryDirectory { directory in
      let long = Self.model + " --max-steps 3000 --evaluate-every 40"
      let outcome = try Program.shell("\(long) | head -n 2", in: directory)
      #expect(outcome.error.isEmpty, "\(outcome.error)")
      let more = try Program.shell("train --resume model.rnnz --max-steps 1000", in: directory)
      #expect(more.status == 0 && more.output.contains("going on after step "), "\(more.error)")
    }
  }

  /// A file that a program opens never takes the place of a closed descriptor.
  @Test func closedDescriptorsHarmNothing() throws {
    try withModel { directory in
      let expected = try Program.shell("evaluate --ckpt model.rnnz --data lines.txt", in: directory)
      let model = try Data(contentsOf: URL(fileURLWithPath: directory + "/model.rnnz"))
      let same = try Program.shell(
        "evaluate --ckpt model.rnnz --data lines.txt <&- 2>&-", in: directory)
      #expect(same.status == 0 && same.output == expected.output)
      for (command, error) in [
        ("predict --ckpt model.rnnz <&-", "standard input: Bad file descriptor"),
        ("predict --ckpt model.rnnz lines.txt >&-", "standard output: Bad file descriptor"),
        ("evaluate --ckpt model.rnnz --data lines.txt >&-", "standard output: Bad file descriptor"),
      ] {
        let outcome = try Program.shell(command, in: directory)
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.error == "Error: \(error)\n", "\(command): \(outcome.error)")
      }
      let all = try Program.shell("\(Self.model) --out new.rnnz <&- >&- 2>&-", in: directory)
      #expect(all.status == 1 && all.output.isEmpty && all.error.isEmpty)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: directory + "/model.rnnz")) == model)
    }
  }
}
