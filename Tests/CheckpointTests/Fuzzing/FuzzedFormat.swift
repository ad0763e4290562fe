import Checkpoint

/// A format whose reader is fuzzed: seed files, damage that passes checksums, and the laws of accepted files.
///
/// The tests read a million files of it; in the package `Fuzz` libFuzzer finds many more.
enum FuzzedFormat: String, CaseIterable, Sendable {
  case rnnz, safetensors, torch, pickle, numpy, hdf5, onnx, json, cell
  /// The graph of an ONNX file, prepared and computed.
  case graph

  /// How far a file was read, or an error of the reader.
  enum Outcome: Hashable {
    case refused
    /// The file was opened, but something in it was refused.
    case opened
    case verified
    case violation(String)
  }

  /// Low limits of memory and time for each file.
  static let limits: ReadLimits = {
    var limits = ReadLimits()
    limits.totalBytes = 1 << 16
    limits.indexBytes = 1 << 14
    limits.jsonBytes = 1 << 12
    return limits
  }()

  /// Reads a file in every way; returns the outcome.
  func check(_ bytes: [UInt8]) -> Outcome {
    switch self {
    case .rnnz: RnnzOracle.check(bytes)
    case .safetensors: Oracles.safetensors(bytes)
    case .torch: Oracles.torch(bytes)
    case .pickle: Oracles.pickle(bytes)
    case .numpy: Oracles.numPy(bytes)
    case .hdf5: Oracles.hdf5(bytes)
    case .onnx: Oracles.onnx(bytes)
    case .json: Oracles.json(bytes)
    case .graph: GraphOracle.check(bytes)
    case .cell: CellOracle.check(bytes)
    }
  }

  /// A damaged copy of a file, repaired so that it passes the first checks.
  func mutated(_ file: [UInt8], with other: [UInt8], _ random: inout ByteMutator) -> [UInt8] {
    var bytes = file
    for _ in 0...random.number(below: 4) { damage(&bytes, with: other, &random) }
    repair(&bytes, &random)
    return bytes
  }

  private func damage(_ bytes: inout [UInt8], with other: [UInt8], _ random: inout ByteMutator) {
    switch self {
    case .rnnz:
      var mutator = RnnzMutator(random: random)
      mutator.damage(&bytes, with: other)
      random = mutator.random
    case .safetensors: SafetensorsMutator.damage(&bytes, with: other, &random)
    case .torch, .numpy:
      var mutator = ZipMutator(random: random)
      mutator.damage(&bytes, with: other)
      random = mutator.random
    case .pickle: Pickle.damage(&bytes, with: other, &random)
    case .hdf5: HDF5Mutator.damage(&bytes, with: other, &random)
    case .onnx, .graph:
      var mutator = ProtobufMutator(random: random)
      mutator.damage(&bytes, with: other)
      random = mutator.random
    case .json, .cell:
      var mutator = TextMutator(
        random: random, words: self == .json ? TextMutator.json : TextMutator.cell)
      mutator.damage(&bytes, with: other)
      random = mutator.random
    }
  }

  /// Corrects the data before the interesting part.
  func repair(_ bytes: inout [UInt8], _ random: inout ByteMutator) {
    guard self == .rnnz else { return }
    var mutator = RnnzMutator(random: random)
    mutator.repair(&bytes)
    random = mutator.random
  }
}

/// A safetensors file: the length of a header of JSON, the header, the numbers.
private enum SafetensorsMutator {
  static func damage(_ bytes: inout [UInt8], with other: [UInt8], _ random: inout ByteMutator) {
    guard bytes.count >= 8, !random.happens(oneIn: 16),
      case let size = bytes.number(UInt64.self, at: 0), size <= bytes.count - 8
    else {
      random.damage(&bytes, with: other)
      return
    }
    let end = 8 + Int(size)
    if random.happens(oneIn: 8) {
      var numbers = Array(bytes[end...])
      random.damage(&numbers, with: other)
      bytes.replaceSubrange(end..., with: numbers)
      return
    }
    var header = Array(bytes[8..<end])
    var text = TextMutator(random: random, words: TextMutator.json)
    text.damage(&header, with: other)
    random = text.random
    bytes.replaceSubrange(8..<end, with: header)
    bytes.put(UInt64(header.count), at: 0)
  }
}
