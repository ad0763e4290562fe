import Cells

extension BenchmarkCase {
  /// The standard cases, in the order in which they run.
  public static let standard =
    noteCases + modelCases + raggedCases + layerCases + matrixCases + generationCases + otherCases

  /// Names of groups of cases.
  public static let groups = ["all", "note", "ragged", "layout", "zoo", "matrix", "gen", "rtrl"]

  /// The cases of a name: one, or those of a group; none if the name is unknown.
  public static func cases(named name: String) -> [BenchmarkCase] {
    if name == "all" { return standard }
    return standard.filter {
      $0.name == name || groups.contains(name) && $0.name.hasPrefix(name + "-")
    }
  }

  /// A study note's character model, as a layer and as a loop.
  private static let noteCases = [
    BenchmarkCase("note-rnn", Self.asInTheNote),
    BenchmarkCase("note-cell") {
      asInTheNote(&$0)
      ($0.task, $0.layers) = (.loop, 1)
    },
  ]

  private static func asInTheNote(_ note: inout BenchmarkCase) {
    (note.cell, note.inputSize, note.hiddenSize, note.layers) = ("rnn", 10, 10, 3)
    (note.batch, note.steps, note.vocabularySize) = (32, 35, 28)
  }

  private static let modelCases = [
    BenchmarkCase("lstm-128") { $0.hiddenSize = 128 },
    BenchmarkCase("lstm-256"),
    BenchmarkCase("lstm-512") { $0.hiddenSize = 512 },
    BenchmarkCase("lstm-1024") { ($0.hiddenSize, $0.steps) = (1024, 64) },
    BenchmarkCase("gru-256") { $0.cell = "gru" },
    BenchmarkCase("gru-512") { ($0.cell, $0.hiddenSize) = ("gru", 512) },
    BenchmarkCase("rnn-256") { $0.cell = "rnn" },
    BenchmarkCase("bilstm-256") {
      ($0.task, $0.directions, $0.lengthRange) = (.tag, 2, 20...100)
    },
    BenchmarkCase("infer-256") { $0.task = .infer },
  ]

  /// Batches that fill half of their rectangle.
  private static let raggedCases = ["lstm", "gru"].flatMap { cell in
    [("forward", Task.forward), ("train", .tag)].map { name, task in
      BenchmarkCase("ragged-\(cell)-\(name)") {
        ($0.cell, $0.task, $0.layout) = (cell, task, .batchFirst)
        ($0.layers, $0.steps, $0.lengthRange) = (task == .tag ? 2 : 1, 200, 5...200)
      }
    }
  }

  private static let layerCases =
    [
      layer("layout-forward-batch", "lstm", .forward, .batchFirst),
      layer("layout-forward-time", "lstm", .forward, .timeFirst),
      layer("layout-backward-batch", "lstm", .backward, .batchFirst),
      layer("layout-backward-time", "lstm", .backward, .timeFirst),
    ]
    + zooCells.map { layer("zoo-\($0)", $0, .backward, .timeFirst) }

  private static let zooCells = [
    "lstm", "mgu", "lstm-peephole", "ligru", "indrnn", "mingru", "slstm", "sru", "lru", "hgrn",
  ]

  private static func layer(
    _ name: String, _ cell: String, _ task: Task, _ layout: Recurrent.Layout
  ) -> BenchmarkCase {
    BenchmarkCase(name) {
      ($0.cell, $0.task, $0.layers, $0.layout) = (cell, task, 1, layout)
    }
  }

  /// Cells with matrices of 64 x 64 for four heads, S6 with 16 states for each of 256 channels.
  private static let matrixCases =
    RecurrenceAlone.allCases.map { cell in
      BenchmarkCase("matrix-\(cell.rawValue)") {
        asMatrices(&$0, cell)
        ($0.task, $0.layout) = (.backward, .batchFirst)
      }
    }
    + RecurrenceAlone.allCases.map { cell in
      BenchmarkCase("matrix-\(cell.rawValue)-alone") {
        asMatrices(&$0, cell)
        $0.task = .recurrence
      }
    }
    + RecurrenceAlone.allCases.map { cell in
      BenchmarkCase("matrix-\(cell.rawValue)-token") {
        asMatrices(&$0, cell)
        $0.task = .generate
      }
    }

  private static func asMatrices(_ benchmark: inout BenchmarkCase, _ cell: RecurrenceAlone) {
    (benchmark.cell, benchmark.layers) = (cell.rawValue, 1)
    (benchmark.inputSize, benchmark.hiddenSize) = (256, 256)
    (benchmark.batch, benchmark.steps) = (8, 256)
    // As wide as the peer's.
    switch cell {
    case .s6: benchmark.options = ["inner": 256]
    case .rwkv7: benchmark.options = ["rank": 16]
    default: break
    }
  }

  private static let generationCases =
    [
      BenchmarkCase("gen-10") {
        asInTheNote(&$0)
        $0.task = .generate
      }
    ]
    + [128, 512, 1024].map { size in
      BenchmarkCase("gen-\(size)") { ($0.task, $0.hiddenSize) = (.generate, size) }
    }
    + ["lstm", "gru"].flatMap { cell in
      [128, 512, 1024].map { size in
        BenchmarkCase("gen-int8-\(cell)-\(size)") {
          ($0.task, $0.cell, $0.hiddenSize, $0.weights) = (.generate, cell, size, .int8)
        }
      }
    }

  private static let otherCases = [
    BenchmarkCase("rtrl-indrnn") {
      ($0.task, $0.cell, $0.layers, $0.batch) = (.realtime, "indrnn", 1, 1)
      ($0.inputSize, $0.hiddenSize, $0.vocabularySize) = (128, 512, 16)
    },
    BenchmarkCase("rtrl-lstm") {
      ($0.task, $0.layers, $0.batch) = (.realtime, 1, 1)
      ($0.inputSize, $0.hiddenSize, $0.vocabularySize) = (32, 32, 16)
    },
    BenchmarkCase("start") { ($0.task, $0.layers, $0.hiddenSize) = (.start, 1, 192) },
  ]
}
