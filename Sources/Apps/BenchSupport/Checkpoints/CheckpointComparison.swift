import Checkpoint
import FileCore
import Models
import TensorCore

/// Compares file formats for a model's weights: sizes, and times of saving and loading.
public struct CheckpointComparison {
  /// A format: how to save a model and load it.
  private struct Format {
    var name: String
    var encode: () throws -> Int
    var save: (_ path: String) throws -> Void
    var load: (_ path: String) throws -> Void
  }

  private let model: LanguageModel
  private let seconds: Double
  private let formats: [Format]

  /// A comparison for a model, with about `seconds` for each figure.
  public init(_ model: LanguageModel, seconds: Double) {
    self.model = model
    self.seconds = seconds
    var checkpoint = Checkpoint()
    checkpoint.set(parametersOf: model)
    var safetensors = Safetensors()
    safetensors.set(parametersOf: model)
    let packed = Compression.allCases.map { [checkpoint] compression in
      Format(
        name: ".rnnz, \(compression)",
        encode: { try checkpoint.encoded(compression: compression).count },
        save: { try checkpoint.save(to: $0, compression: compression) },
        load: { path in
          var loaded = model
          try CheckpointReader(path: path).load(&loaded)
        })
    }
    formats =
      packed + [
        Format(
          name: ".safetensors", encode: { [safetensors] in try safetensors.encoded().count },
          save: { [safetensors] in try safetensors.save(to: $0) },
          load: { path in
            var loaded = model
            try Safetensors(path: path).load(&loaded)
          })
      ]
  }

  /// The size of the model, and the machine.
  public var title: String {
    "\(model.parameterCount) trained weights, \(4 * model.parameterCount) bytes; "
      + "\(Machine.current.line); \(ThreadTeam.count) threads"
  }

  /// Sizes and times. Saving includes the flush to the disk, loading the verification.
  public func table() throws -> String {
    let raw = Double(4 * model.parameterCount)
    var table = TextTable([
      "format", "bytes", "of raw", "encode, MB/s", "save, ms", "MB/s", "load, ms", "MB/s",
    ])
    for format in formats {
      let file = TemporaryFile("weights")
      var size = 0
      let encode = try fastest(seconds: seconds, atLeast: 3) { size = try format.encode() }
      let save = try fastest(seconds: seconds, atLeast: 3) { try format.save(file.path) }
      let load = try fastest(seconds: seconds, atLeast: 3) { try format.load(file.path) }
      table.add([
        format.name, "\(size)", (100 * Double(size) / raw).text(2) + "%",
        (1e-6 * raw / encode).text(0), (1e3 * save).text(1), (1e-6 * raw / save).text(0),
        (1e3 * load).text(1), (1e-6 * raw / load).text(0),
      ])
    }
    return table.text
  }

  /// Saves the weights as safetensors, for programs that measure other formats.
  public func export(to path: String) throws {
    var safetensors = Safetensors()
    safetensors.set(parametersOf: model)
    try safetensors.save(to: path)
  }
}
