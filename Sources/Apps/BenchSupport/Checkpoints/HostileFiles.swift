import Checkpoint
import FileCore

/// Small files that are as expensive for their readers as their formats allow: a megabyte of the smallest parts of each
/// kind.
public struct HostileFiles {
  /// A file, and a function that opens it without reading any array.
  struct File {
    var name: String
    var bytes: [UInt8]
    var open: (_ bytes: [UInt8]) throws -> Void
  }

  /// The cost of each file, one line for each.
  public let text: String

  /// Opens each file `rounds` times.
  public init(rounds: Int) throws {
    var table = TextTable(["file", "bytes", "it is", "ms", "MB"])
    for file in try Self.all() {
      let cost = file.cost(rounds: rounds)
      table.add([
        file.name, "\(file.bytes.count)", cost.isAccepted ? "opened" : "refused",
        (1e3 * cost.seconds).text(1), (1e-6 * Double(cost.bytes)).text(1),
      ])
    }
    text = table.text
  }

  static func all() throws -> [File] {
    try checkpoints() + safetensors() + archives() + models()
  }

  private static let size = 1_000_000

  /// A file filled with a repeated piece.
  private static func filled(_ piece: (Int) -> [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    var count = 0
    while true {
      let next = piece(count)
      guard bytes.count + next.count < size - 4096 else { return bytes }
      bytes += next
      count += 1
    }
  }

  private static func filled(_ piece: String) -> [UInt8] { filled { _ in Array(piece.utf8) } }

  /// The short name of a number; names are distinct.
  private static func name(_ number: Int) -> [UInt8] {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-".utf8)
    var (name, rest) = ([UInt8](), number)
    repeat {
      name.append(letters[rest % 64])
      rest /= 64
    } while rest > 0
    return name
  }
}

// MARK: The formats

extension HostileFiles {
  private static func checkpoints() throws -> [File] {
    var many = Checkpoint()
    for index in 0..<9_900 {
      many.set(
        StoredArray([UInt8]()), .model, String(decoding: name(index), as: UTF8.self))
    }
    let texts = [
      ("numbers", Array("[0".utf8) + filled(",0") + Array("]".utf8)),
      ("lists", Array("[[]".utf8) + filled(",[]") + Array("]".utf8)),
      (
        "keys",
        Array("{".utf8)
          + filled { #""\#(String(decoding: name($0), as: UTF8.self))":{},"#.utf8 + [] }
          + Array(#""":0}"#.utf8)
      ),
    ]
    return try [
      File(name: ".rnnz, small arrays", bytes: many.encoded(compression: .none)) {
        _ = try CheckpointReader(bytes: $0)
      }
    ]
      + texts.map { title, text in
        var checkpoint = Checkpoint()
        checkpoint.set(.json(text), .init(.configuration, "model"))
        return try File(
          name: ".rnnz, JSON of \(title)", bytes: checkpoint.encoded(compression: .none)
        ) { _ = try CheckpointReader(bytes: $0).json(.configuration, "model") }
      }
  }

  private static func safetensors() -> [File] {
    func file(_ title: String, _ header: [UInt8]) -> File {
      let header = Array("{".utf8) + header + Array("}".utf8)
      return File(
        name: ".safetensors, \(title)", bytes: little(UInt64(header.count)) + header
      ) { _ = try Safetensors(bytes: $0) }
    }
    let array = Array(#"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},""#.utf8)
    let axes = "\":{\"dtype\":\"U8\",\"shape\":[0\(String(repeating: ",0", count: 63))],"
    return [
      file(
        "small arrays",
        Array("\"".utf8) + filled { name($0) + array } + Array(#"__metadata__":{}"#.utf8)),
      file(
        "many axes",
        filled {
          Array("\"".utf8) + name($0) + Array(axes.utf8) + Array(#""data_offsets":[0,0]},"#.utf8)
        } + Array(#""__metadata__":{}"#.utf8)),
      file(
        "remarks",
        Array(#""__metadata__":{"#.utf8)
          + filled { Array("\"".utf8) + name($0) + Array(#"":"","#.utf8) } + Array(#""+":""}"#.utf8)
      ),
    ]
  }

  private static func archives() -> [File] {
    let many = archive(count: 9_000) { (name($0) + Array(".npy".utf8), []) }
    func torch(_ title: String, _ program: [UInt8]) -> File {
      let program = [0x80, 2] + program + Array(".".utf8)
      return File(
        name: ".pt, \(title)",
        bytes: archive(count: 2) {
          (Array(($0 == 0 ? "m/data.pkl" : "m/data/0").utf8), $0 == 0 ? program : [])
        }
      ) { _ = try TorchFile(bytes: $0) }
    }
    func text(_ bytes: [UInt8]) -> [UInt8] { [0x58] + little(UInt32(bytes.count)) + bytes }
    // The parts of a tensor are memoized at their first use, so that the following tensors take few bytes.
    let view = Array("K\u{0}K\u{0}".utf8) + [0x85, 0x4B, 1, 0x85, 0x89]
    let remembers = Array("h\u{0}(h\u{1}".utf8) + view + Array("h\u{3}tRs".utf8)
    let first =
      text([0x2B]) + Array("ctorch._utils\n_rebuild_tensor_v2\nq\u{0}((".utf8)
      + text(Array("storage".utf8)) + Array("ctorch\nFloatStorage\n".utf8) + text([0x30])
      + text(Array("cpu".utf8)) + Array("K\u{0}tQq\u{1}".utf8) + view
      + Array("ccollections\nOrderedDict\n)Rq\u{3}tRs".utf8)
    return [
      File(name: ".npz, many arrays", bytes: many) { _ = try NumPyArchive(bytes: $0) },
      torch("many tensors", Array("}".utf8) + first + filled { text(name($0)) + remembers }),
      torch("names", Array("}".utf8) + filled { text(name($0)) + Array("Ns".utf8) }),
      torch("nested tuples", Array(")".utf8) + filled { _ in [0x85] }),
      torch("a tall stack", filled { _ in Array("N".utf8) }),
      torch("dictionaries", Array("}".utf8) + filled { _ in Array("}b".utf8) }),
      torch(
        "values in memory",
        Array("}r".utf8) + little(0 as UInt32) + filled { Array("r".utf8) + little(UInt32($0)) }),
    ]
  }

  private static func models() -> [File] {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      [number << 3 | 2] + packed(bytes.count) + bytes
    }
    let version = field(8, [0x10, 14])
    func file(_ title: String, graph: [UInt8], remarks: [UInt8] = []) -> File {
      File(name: ".onnx, \(title)", bytes: version + remarks + field(7, graph)) {
        _ = try ONNXModel(bytes: $0)
      }
    }
    func attribute(_ content: [UInt8], code: UInt8) -> [UInt8] {
      field(5, field(1, [97]) + content + [0xA0, 1, code])
    }
    return [
      file("operations", graph: filled { _ in field(1, field(4, [97])) }),
      file("inputs of one operation", graph: field(1, filled { _ in field(1, [97]) })),
      file("settings", graph: field(1, filled { field(5, field(1, name($0)) + [0xA0, 1, 2]) })),
      file(
        "operations with a setting",
        graph: filled { _ in field(1, field(5, field(1, [97]) + [0xA0, 1, 2])) }),
      file("a list of numbers", graph: field(1, attribute(field(8, filled { _ in [1] }), code: 7))),
      file(
        "numbers one by one",
        graph: field(1, attribute(filled { _ in [8 << 3, 1] }, code: 7))),
      file("texts", graph: field(1, attribute(filled { _ in field(9, []) }, code: 8))),
      file("arrays", graph: filled { field(5, field(8, name($0)) + [0x10, 2, 0x08, 0]) }),
      file("inputs", graph: filled { _ in field(11, field(2, field(1, [0x08, 1]))) }),
      file("remarks", graph: [], remarks: filled { field(14, field(1, name($0))) }),
    ]
  }

  /// A varint of Protocol Buffers.
  private static func packed(_ number: Int) -> [UInt8] {
    number < 0x80
      ? [UInt8(number)] : [UInt8(truncatingIfNeeded: number) | 0x80] + packed(number >> 7)
  }
}

// MARK: Archives

extension HostileFiles {
  private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  /// A zip archive of `count` uncompressed entries.
  private static func archive(
    count: Int, _ entry: (Int) -> (name: [UInt8], bytes: [UInt8])
  ) -> [UInt8] {
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for index in 0..<count {
      let (name, bytes) = entry(index)
      let common =
        [20, 0] + [UInt8](repeating: 0, count: 8) + little(crc32(bytes))
        + little(UInt32(bytes.count)) + little(UInt32(bytes.count)) + little(UInt16(name.count))
        + [0, 0]
      directory +=
        [0x50, 0x4B, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 10)
        + little(UInt32(file.count)) + name
      file += [0x50, 0x4B, 3, 4] + common + name + bytes
    }
    let counts = little(UInt16(count)) + little(UInt16(count))
    return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + counts
      + little(UInt32(directory.count)) + little(UInt32(file.count)) + [0, 0]
  }
}

extension HostileFiles.File {
  /// The cost of opening the file: the shortest time in seconds, and the peak memory in bytes.
  fileprivate func cost(rounds: Int) -> (isAccepted: Bool, seconds: Double, bytes: Int) {
    var (isAccepted, seconds, memory) = (false, Double.infinity, 0)
    for _ in 0..<rounds {
      PeakMemory.reset()
      let before = PeakMemory.bytes
      seconds = min(seconds, timed { isAccepted = (try? open(bytes)) != nil })
      memory = max(memory, PeakMemory.bytes - before)
    }
    return (isAccepted, seconds, memory)
  }
}
