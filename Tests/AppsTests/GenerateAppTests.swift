import Cells
import Checkpoint
import Datasets
import Foundation
import Models
import ProgramsCore
import TensorCore
import Testing

@Suite struct GenerateAppTests {
  private let program = Program("generate")

  private func saveModel(in directory: String) throws -> String {
    var generator = Philox(seed: 1)
    let tokenizer = CharacterTokenizer("once upon a time\n")
    let configuration = ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: "lstm"), embeddingSize: 8, hiddenSize: 16)
    let model = LanguageModel(
      configuration, vocabularySize: tokenizer.vocabulary.count, using: &generator)
    var checkpoint = Checkpoint()
    try SavedLanguageModel(model, tokenizer).write(to: &checkpoint)
    let path = directory + "/model.rnnz"
    try checkpoint.save(to: path)
    return path
  }

  @Test func writesThePromptAndAsManyCharactersAsAsked() throws {
    try withTemporaryDirectory { directory in
      let path = try saveModel(in: directory)
      let first = try program.run(
        "--ckpt", path, "--prompt", "once ", "--length", "40", "--seed", "7")
      #expect(first.status == 0 && first.error.isEmpty)
      #expect(first.output.hasPrefix("once ") && first.output.unicodeScalars.count == 46)
      let again = try program.run(
        "--ckpt", path, "--prompt", "once ", "--length", "40", "--seed", "7")
      #expect(again.output == first.output)
      let other = try program.run("--ckpt", path, "--prompt", "once ", "--length", "40", "--greedy")
      #expect(other.output != first.output)
    }
  }

  /// Several texts are those of the seeds above them.
  @Test func severalTextsHaveSeedsOfTheirOwn() throws {
    try withTemporaryDirectory { directory in
      let path = try saveModel(in: directory)
      let flags = ["--ckpt", path, "--prompt", "once ", "--length", "10"]
      let texts = try (7...9).map { try program.run(flags + ["--seed", "\($0)"]).output }
      let all = try program.run(flags + ["--seed", "7", "--n", "3"])
      #expect(all.status == 0 && Set(texts).count == 3)
      #expect(
        all.output == "seed 7:\n\(texts[0])\nseed 8:\n\(texts[1])\nseed 9:\n\(texts[2])")
    }
  }

  /// A person and the model write by turns; a turn that was taken back is written again as it was.
  @Test func aConversationGoesOnAndBack() throws {
    try withTemporaryDirectory { directory in
      let saved = try SavedLanguageModel(path: saveModel(in: directory))
      var conversation = Conversation(saved, Sampler(), seed: 1, length: 12)
      func turn(_ line: String) -> String {
        #expect(conversation.reply(to: line) == .write)
        for piece in conversation.continuation() { conversation.heard(piece) }
        return conversation.text
      }
      let first = turn("once")
      #expect(first.hasPrefix("once") && first.unicodeScalars.count == 16)
      let second = turn("")
      #expect(second.hasPrefix(first) && second.unicodeScalars.count == 28)
      #expect(conversation.reply(to: "/undo") == .say("... \(first)\n"))
      #expect(conversation.text == first && turn("") == second)
      #expect(conversation.reply(to: "/undo") != .write)
      #expect(conversation.reply(to: "/seed 5") == .say("") && turn("") != second)
      #expect(conversation.reply(to: "/temperature 0") == .say(""))
      #expect(
        conversation.reply(to: "/temperature -1")
          == .say("Expected a number, 0 or more, found -1.\n"))
      #expect(conversation.reply(to: "/length 3") == .say(""))
      let before = conversation.text
      #expect(turn("a").unicodeScalars.count <= before.unicodeScalars.count + 5)
      let path = directory + "/text.txt"
      #expect(conversation.reply(to: "/save \(path)") == .say("Saved to \(path).\n"))
      #expect(try String(contentsOfFile: path, encoding: .utf8) == conversation.text + "\n")
      #expect(
        conversation.reply(to: "/save \(path)") == .say("\(path): a file is there already.\n"))
      for _ in 0..<3 { _ = conversation.reply(to: "/undo") }
      #expect(conversation.reply(to: "/undo") == .say("There is nothing to take back.\n"))
      #expect(conversation.reply(to: "/what") == .say(Conversation.help))
      #expect(conversation.reply(to: "/quit") == .end)
    }
  }

  /// On a terminal without a prompt; a file or pipe gets one text.
  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "no `script`"))
  func aTerminalIsAConversation() throws {
    try withTemporaryDirectory { directory in
      let path = try saveModel(in: directory)
      let outcome = try Program.shell(
        "printf 'once\\n/quit\\n' | script -qec 'generate --ckpt \(path) --length 5' /dev/null",
        in: directory)
      #expect(outcome.output.contains("language model: lstm, one layer of 16 units"))
      #expect(outcome.output.contains("/temperature 0.7"), "\(outcome.output)")
      let plain = try Program.shell("generate --ckpt \(path) --length 5", in: directory)
      #expect(plain.status == 0 && !plain.output.contains("/temperature"))
    }
  }

  /// A model saved by PyTorch generates PyTorch's text, from either file format.
  @Test func writesWhatPyTorchWrites() throws {
    let folder = TorchModel.folder
    let texts = try JSONDecoder().decode(
      [String: String].self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/greedy.json")))
    try withTemporaryDirectory { directory in
      let vocabulary = directory + "/vocabulary.json"
      try JSONEncoder().encode(TorchModel.tokens).write(to: URL(fileURLWithPath: vocabulary))
      for (prompt, text) in texts {
        let flags = ["--prompt", prompt, "--length", "200", "--greedy"]
        let first = try program.run(["--ckpt", folder + "/model.safetensors"] + flags)
        #expect(first.output == prompt + text + "\n" && first.status == 0, "\(first.error)")
        let second = try program.run(
          ["--ckpt", folder + "/model.pt", "--vocabulary", vocabulary] + flags)
        #expect(second.output == prompt + text + "\n" && second.status == 0, "\(second.error)")
      }
      let outcome = try program.run("--ckpt", folder + "/model.pt")
      #expect(outcome.status == 1)
      #expect(outcome.error.contains("does not say which characters its 28 tokens are"))
    }
  }

  @Test func charactersThatTheModelDoesNotKnowAreNamed() throws {
    try withTemporaryDirectory { directory in
      let path = try saveModel(in: directory)
      let outcome = try program.run("--ckpt", path, "--prompt", "Zoo", "--length", "3")
      #expect(outcome.status == 0)
      #expect(outcome.error == "The model has never seen Z and reads it as <unk>.\n")
    }
  }

  @Test func missingForeignAndDamagedFilesGetOneLine() throws {
    try withTemporaryDirectory { directory in
      let path = try saveModel(in: directory)
      func expectOneLine(_ file: String, _ word: String) throws {
        let outcome = try program.run("--ckpt", file)
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
        #expect(outcome.error.contains(file) && outcome.error.contains(word), "\(outcome.error)")
      }
      try expectOneLine(directory + "/nothing.rnnz", "no such file")
      try expectOneLine(directory, "directory")
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      bytes[bytes.count - 40] ^= 1
      try bytes.write(to: URL(fileURLWithPath: directory + "/damaged.rnnz"))
      try expectOneLine(directory + "/damaged.rnnz", "damaged")
      try bytes.prefix(200).write(to: URL(fileURLWithPath: directory + "/short.rnnz"))
      try expectOneLine(directory + "/short.rnnz", "200")
      try Data("PK\u{3}\u{4} and more".utf8)
        .write(to: URL(fileURLWithPath: directory + "/model.pt"))
      try expectOneLine(directory + "/model.pt", "zip")
    }
  }

  @Test(arguments: [
    ["--length", "0"], ["--length", "-3"], ["--length", "many"], ["--temperature", "-1"],
    ["--temperature", "nan"], ["--top-k", "0"], ["--top-p", "2"], ["--seed", "-1"], ["--tea"],
  ])
  func nonsenseFlagsExitWithSixtyFour(_ flags: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program.path)
    process.arguments = ["--ckpt", "model.rnnz"] + flags
    process.standardError = Pipe()
    process.standardOutput = Pipe()
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 64)
  }
}
