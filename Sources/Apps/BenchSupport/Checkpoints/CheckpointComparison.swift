import Checkpoint
import Models
import TensorCore

/// The formats that a model's weights can be saved in: how large they are, and how long they take.
public struct CheckpointComparison {
  /// A way to save a model and to get it back.
  private struct Format {
    var name: String
    var encode: () throws -> Int
    var save: (_ path: String) throws -> Void
    var load: (_ path: String) throws -> Void
  }

  private let model: LanguageModel
  private let seconds: Double
  private let formats: [Format]

  /// Compares the formats over a model, each figure measured for about so many seconds.
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

  /// What is saved, and on what.
  public var title: String {
    "\(model.parameterCount) trained weights, \(4 * model.parameterCount) bytes; "
      + "\(Machine.current.line); \(ThreadTeam.count) threads"
  }

  /// Sizes and times. Saving counts until the disk has it; what is loaded has been verified.
  public func table() throws -> String {
    let raw = Double(4 * model.parameterCount)
    var table = Table([
      "format", "bytes", "of raw", "encode, MB/s", "save, ms", "MB/s", "load, ms", "MB/s",
    ])
    for format in formats {
      let file = TemporaryFile("weights")
      var size = 0
      let encode = try fastest { size = try format.encode() }
      let save = try fastest { try format.save(file.path) }
      let load = try fastest { try format.load(file.path) }
      table.add([
        format.name, "\(size)", (100 * Double(size) / raw).text(2) + "%",
        (1e-6 * raw / encode).text(0), (1e3 * save).text(1), (1e-6 * raw / save).text(0),
        (1e3 * load).text(1), (1e-6 * raw / load).text(0),
      ])
    }
    return table.text
  }

  /// Saves the weights as safetensors, for the formats of others.
  public func export(to path: String) throws {
    var safetensors = Safetensors()
    safetensors.set(parametersOf: model)
    try safetensors.save(to: path)
  }

  /// Seconds of the fastest of several times.
  private func fastest(_ body: () throws -> Void) throws -> Double {
    var (best, spent, count) = (Double.infinity, 0.0, 0)
    while spent < seconds || count < 3 {
      let once = try timed(body)
      best = min(best, once)
      spent += once
      count += 1
    }
    return best
  }
}
