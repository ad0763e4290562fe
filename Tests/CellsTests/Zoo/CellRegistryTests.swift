import Cells
import Checkpoint
import FileCore
import TensorCore
import Testing

@Suite struct CellRegistryTests {
  /// A third party's cell.
  struct Leaky: RecurrentCell, Codable, Hashable {
    var rate = 0.25

    func equations(_ cell: inout CellBuilder) {
      let h = cell.state("hidden")
      cell.update(h, to: (1 - rate) * h + rate * tanh(cell.affine(cell.input, "ih")))
    }
  }

  @Test func cellsAreChosenByName() throws {
    let cell = try CellRegistry.standard.cell(named: "lstm")
    var generator = Philox(seed: 1)
    let layer = Recurrent(cell, inputSize: 3, hiddenSize: 4, using: &generator)
    #expect(layer.parameters.map(\.name).contains("weight_hh_l0"))
    #expect(layer.cell.states.map(\.name) == ["hidden", "cell"])
  }

  @Test func unknownNamesListTheNearest() {
    let error = #expect(throws: UnknownCell.self) {
      try CellRegistry.standard.cell(named: "grru")
    }
    #expect(error?.nearest.first == "gru")
    #expect(error?.description.contains("grru: no such cell: expected perhaps gru") == true)
  }

  @Test(arguments: CellRegistry.standard.entries.map(\.name))
  func savedCellsComeBack(_ name: String) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let text = try JSONValue(encoding: cell)
    #expect(try text.decoded(as: NamedCell.self) == cell)
  }

  @Test func optionsAreSaved() throws {
    let cell = try CellRegistry.standard.named(LSTM(projectionSize: 64))
    let json = try JSONValue(encoding: cell)
    #expect(cell.name == "lstm")
    #expect(json.text.contains("\"projectionSize\":64"))
    let base = try json.decoded(as: NamedCell.self).base
    #expect(base as? LSTM == LSTM(projectionSize: 64))
  }

  @Test func aNameAloneStandsForTheRegisteredOptions() throws {
    let json = JSONValue.object(["name": .string("gru")])
    #expect(try json.decoded(as: NamedCell.self).base as? GRU == GRU())
  }

  /// A file may be older than an option.
  @Test func missingOptionsAreTheRegisteredOnes() throws {
    let json = JSONValue.object([
      "name": .string("lstm-peephole"), "options": .object(["projectionSize": .number("8")]),
    ])
    let base = try json.decoded(as: NamedCell.self).base
    #expect(base as? LSTM == LSTM(hasPeepholes: true, projectionSize: 8))
  }

  /// An optional that is not there stays away, even where the registered cell has one.
  @Test func absentOptionalsAreWritten() throws {
    var cells = CellRegistry()
    cells.register("miru", MiRU(reset: 0.5), summary: "constants for gates", paper: "none")
    let json = try JSONValue(encoding: cells.named(MiRU(retention: 0.25)))
    #expect(json.text.contains("\"reset\":null"))
    struct Reader: Decodable {
      let cell: NamedCell
      init(from decoder: any Decoder) throws {
        var cells = CellRegistry()
        cells.register("miru", MiRU(reset: 0.5), summary: "constants for gates", paper: "none")
        cell = try NamedCell(from: decoder, knowing: cells)
      }
    }
    #expect(try json.decoded(as: Reader.self).cell.base as? MiRU == MiRU(retention: 0.25))
  }

  @Test func unknownOptionsAreRefusedByName() {
    let json = JSONValue.object([
      "name": .string("lstm"), "options": .object(["hasPeephole": .bool(true)]),
    ])
    let error = #expect(throws: JSONMismatch.self) { try json.decoded(as: NamedCell.self) }
    #expect(error?.path == "options.hasPeephole")
    #expect(error?.found.contains("cell lstm does not have; it has gates, hasPeepholes") == true)
    let ofNone = JSONValue.object([
      "name": .string("mgu"), "options": .object(["x": .bool(true)]),
    ])
    #expect(throws: JSONMismatch.self) { try ofNone.decoded(as: NamedCell.self) }
  }

  @Test func thirdPartiesRegisterTheirOwn() throws {
    var cells = CellRegistry.standard
    cells.register("leaky", Leaky(), summary: "a leaky integrator", paper: "none")
    let cell = try cells.named(Leaky(rate: 0.5))
    #expect(cell.name == "leaky")
    #expect(try cells.cell(named: "leaky").base as? Leaky == Leaky(rate: 0.25))
    #expect(CellRegistry.standard["leaky"] == nil)

    let json = try JSONValue(encoding: cell)
    let read = try json.decoded(as: FromLeakyRegistry.self).cell
    #expect(read == cell)
    #expect(throws: JSONMismatch.self) { try json.decoded(as: NamedCell.self) }
  }

  /// Decodes with a registry of its own.
  struct FromLeakyRegistry: Decodable {
    let cell: NamedCell

    init(from decoder: any Decoder) throws {
      var cells = CellRegistry.standard
      cells.register("leaky", Leaky(), summary: "a leaky integrator", paper: "none")
      cell = try NamedCell(from: decoder, knowing: cells)
    }
  }
}
