import Checkpoint
import Interop
import Models
import TensorCore
import Testing

/// Modules of PyTorch under names of their owners: understood where the names and shapes decide, else refused by name.
@Suite struct ModuleNameTests {
  private static let (tokens, size, hidden) = (7, 3, 4)

  /// An LSTM model under other names of its modules; `change` edits its tensors.
  private func load(
    embedding: String = "embed", recurrent: [String] = ["rnn"], output: String = "fc",
    prefix: String = "", gates: Int = 4, isCell: Bool = false,
    _ change: (inout [String: Tensor]) -> Void = { _ in }
  ) throws -> SavedLanguageModel {
    var generator = Philox(seed: 3)
    var tensors: [String: Tensor] = [:]
    func add(_ name: String, _ shape: [Int]) {
      tensors[prefix + name] = Tensor(normal: shape, using: &generator)
    }
    add("\(embedding).weight", [Self.tokens, Self.size])
    for (number, name) in recurrent.enumerated() {
      let suffix = isCell ? "" : "_l0"
      let rows = gates * Self.hidden
      add("\(name).weight_ih\(suffix)", [rows, number == 0 ? Self.size : Self.hidden])
      add("\(name).weight_hh\(suffix)", [rows, Self.hidden])
      add("\(name).bias_ih\(suffix)", [rows])
      add("\(name).bias_hh\(suffix)", [rows])
    }
    add("\(output).weight", [Self.tokens, Self.hidden])
    add("\(output).bias", [Self.tokens])
    change(&tensors)
    var file = Safetensors()
    for (name, tensor) in tensors { file.arrays[name] = StoredArray(tensor) }
    return try withTemporaryFile("model.safetensors") { path in
      try file.save(to: path)
      return try SavedLanguageModel(
        importing: path,
        described: ModelDescription(vocabulary: ["<unk>", "a", "b", "c", "d", "e", "f"]))
    }
  }

  private func problem(_ body: () throws -> SavedLanguageModel) -> String {
    do {
      _ = try body()
      return "loaded"
    } catch {
      return "\(error)"
    }
  }

  @Test func namesOfAnyKindAreUnderstood() throws {
    #expect(try load().model.configuration.cell.name == "lstm")
    #expect(
      try load(embedding: "encoder", recurrent: ["char_lstm"], output: "decoder")
        .model.configuration.layers == 1)
    #expect(try load(prefix: "module.").model.configuration.hiddenSize == 4)
    #expect(
      try load(recurrent: ["net"], prefix: "module._orig_mod.model.", gates: 3)
        .model.configuration.cell.name == "gru")
    #expect(try load(recurrent: ["cell"], gates: 1, isCell: true).model.configuration.layers == 1)
    let list = try load(recurrent: ["layers.0", "layers.1", "layers.2"])
    #expect(list.model.configuration.layers == 3)
  }

  @Test func whatIsNoLanguageModelIsSaid() {
    let both = problem {
      try load(recurrent: ["lstm"]) { tensors in
        for (name, tensor) in tensors where name.hasPrefix("lstm.") {
          tensors[name + "_reverse"] = tensor
        }
      }
    }
    #expect(
      both.contains("lstm.bias_hh_l0_reverse: expected recurrent layers of one direction"),
      "\(both)")
    // The state_dict of an nn.LSTM alone, whose names have no module.
    let alone = problem {
      try load { tensors in
        let layer = tensors.filter { $0.key.hasPrefix("rnn.") }
        tensors = .init(uniqueKeysWithValues: layer.map { (String($0.key.dropFirst(4)), $0.value) })
      }
    }
    #expect(alone.hasSuffix("linear layer beside the recurrent layer, found none"), "\(alone)")
  }

  @Test func anOrderByNameAloneIsRefused() {
    let text = problem { try load(recurrent: ["first", "second"]) }
    #expect(text.contains("found 2: first, second"), "\(text)")
  }

  @Test(arguments: [
    "fc.weight", "rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_hh_l0", "module.fc.weight",
    "module.rnn.weight_hh_l0",
  ])
  func whatIsMissingIsBlamed(_ name: String) {
    let prefix = name.hasPrefix("module.") ? "module." : ""
    let text = problem { try load(prefix: prefix) { $0[name] = nil } }
    #expect(text.contains("\(name): "), "\(text)")
    #expect(!text.contains("config kind"), "\(text)")
  }

  @Test func anotherModuleIsNamed() {
    let text = problem {
      try load(recurrent: ["lstm"]) { $0["norm.weight"] = Tensor(zeros: [4]) }
    }
    #expect(text.contains("norm"), "\(text)")
    #expect(
      problem { try load(recurrent: ["lstm"]) { $0["embed.weight"] = nil } }
        .contains("expected an embedding beside lstm and fc"))
  }
}
