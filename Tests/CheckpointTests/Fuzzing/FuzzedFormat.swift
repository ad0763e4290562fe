import Checkpoint

/// A format whose reader is attacked: files to start from, damage that gets past checksums, and what must hold of a
/// file that is accepted.
///
/// The tests look at a million files of it; the package `Fuzz` lets libFuzzer lead the way to many more.
enum FuzzedFormat: String, CaseIterable, Sendable {
  case rnnz, safetensors, torch, numpy, onnx, json

  /// How far a file got, or what is wrong with the reader.
  enum Outcome: Hashable {
    case refused
    /// Opened, but something in it is refused.
    case opened
    case verified
    case violation(String)
  }

  /// Little memory and time for each file.
  static let limits: ReadLimits = {
    var limits = ReadLimits()
    limits.totalBytes = 1 << 16
    limits.indexBytes = 1 << 14
    limits.jsonBytes = 1 << 12
    return limits
  }()

  /// Reads a file in every way and says what came of it.
  func check(_ bytes: [UInt8]) -> Outcome {
    switch self {
    case .rnnz: RnnzOracle.check(bytes)
    case .safetensors: Oracles.safetensors(bytes)
    case .torch: Oracles.torch(bytes)
    case .numpy: Oracles.numPy(bytes)
    case .onnx: Oracles.onnx(bytes)
    case .json: Oracles.json(bytes)
    }
  }

  /// A damaged copy of a file, repaired so far that a reader has to look further.
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
    case .onnx:
      var mutator = ProtobufMutator(random: random)
      mutator.damage(&bytes, with: other)
      random = mutator.random
    case .json:
      var mutator = TextMutator(random: random, words: TextMutator.json)
      mutator.damage(&bytes, with: other)
      random = mutator.random
    }
  }

  /// Makes what stands in front of the interesting part fit again.
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
