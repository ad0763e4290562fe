import Checkpoint
import Testing

struct TorchFileTests {
  private func torch(_ name: String) -> String { fixture("torch/" + name) }

  /// Every element type; transposed, strided, shifted and shared tensors; scalars and empty ones.
  @Test func tensorsAreTheirSafetensors() throws {
    let file = try TorchFile(path: torch("views.pt"))
    let expected = try Safetensors(path: torch("views.safetensors"))
    #expect(Set(file.entries.map(\.name)) == Set(expected.arrays.keys))
    for entry in file.entries {
      let array = try file.array(entry.name)
      #expect(try array == expected.array(entry.name), "\(entry.name)")
      #expect(entry.shape == array.shape && entry.elementType == array.elementType)
    }
  }

  /// Elements without a storage class of their own have the type that the tensor names, and not that of their bytes.
  @Test func elementsHaveTheTypeOfTheirTensor() throws {
    let file = try TorchFile(path: torch("unsigned.pt"))
    #expect(file.entries.map(\.elementType) == [.uint16, .uint32, .uint64])
    for entry in file.entries {
      #expect(entry.shape == [3, 2])
      #expect(try file.array(entry.name).floats == [40, 43, 41, 44, 42, 45], "\(entry.name)")
    }
  }

  @Test func aModulesVersionsArePassed() throws {
    let file = try TorchFile(path: torch("module.pt"))
    #expect(file.entries.map(\.name).prefix(2) == ["weight_ih_l0", "weight_hh_l0"])
    #expect(try file.array("weight_ih_l1").shape == [12, 3])
  }

  @Test func moreTensorsThanPythonPicklesAtATime() throws {
    let file = try TorchFile(path: torch("many.pt"))
    #expect(file.entries.count == 1040)
    for number in [0, 999, 1000, 1039] {
      #expect(try file.array("number\(number)").floats == [Float(number)])
    }
  }

  /// The error names the refused instruction or name; nothing is executed.
  @Test(arguments: [
    ("attack.pt", "found posix.system; nothing of it was run"),
    ("whole-module.pt", "whole pickled model of class torch.nn.modules.linear.Linear"),
    ("list.pt", "expected a dictionary of tensors by name, found a list: save the weights alone"),
    ("script.pt", "found a TorchScript archive"),
    ("path-for-tensor.pt", "expected a dictionary of tensors by name, found none among 'weight'"),
    ("float8.pt", "expected a type of numbers that are read here, found torch.float8_e4m3fn"),
    ("negative.pt", "tensor.resolve_neg()"),
    ("old-whole-module.pt", "whole pickled model of class __main__.Small"),
    ("stored.npz", "expected one entry data.pkl"),
  ])
  func foreignPicklesAreRefusedByName(_ name: String, _ reason: String) {
    let problem = message { _ = try TorchFile(path: torch(name)) }
    #expect(problem.contains(reason), "\(name): \(problem)")
    #expect(problem.hasPrefix(torch(name)))
  }

  @Test func aProgramOfTorchExportIsRefusedAsOne() {
    let problem = message { _ = try ArrayFile(path: torch("exported.pt2")) }
    #expect(
      problem.contains("found a program of torch.export: save the weights with"), "\(problem)")
  }

  @Test func checkpointsAndExpandedTensorsAreRead() throws {
    let nested = try TorchFile(path: torch("nested.pt"))
    #expect(nested.path == "model" && nested.entries.map(\.name) == ["weight"])
    #expect(try TorchFile(path: torch("expanded.pt")).array("weight").count == 1000)
  }

  /// Values that programs save beside their tensors are passed over, in both containers and in the newest protocol.
  @Test(arguments: ["values", "values-5", "old-values"])
  func valuesBesideTensorsArePassed(_ name: String) throws {
    let file = try TorchFile(path: torch(name + ".pt"))
    #expect(file.path == "model" && file.entries.map(\.name) == ["weight"])
    #expect(try file.array("weight").floats == (0..<24).map { Float($0) })
  }

  /// Tensors with attributes of a program are tensors; a byte array beside them is passed.
  @Test func attributesOfTensorsArePassed() throws {
    let file = try TorchFile(path: torch("attributes.pt"))
    #expect(file.path == "model" && file.entries.map(\.name) == ["weight", "bias"])
    #expect(try file.array("weight").floats == [0, 1, 2, 3, 4, 5])
    #expect(try file.array("bias").floats == [1, 1])
  }

  /// A small file with any byte changed is refused or gives the same tensors. The ways of changing it take turns, unless
  /// all are asked for.
  @Test func changedBytesAreRefusedOrHarmless() throws {
    var bytes = try readFile(torch("views.pt"))
    let original = try contents(bytes)
    var (refused, harmless) = (0, 0)
    for index in bytes.indices {
      let byte = bytes[index]
      for (turn, change) in ([0x01, 0x80, 0xFF] as [UInt8]).enumerated()
      where isDeep || turn == index % 3 {
        bytes[index] = byte ^ change
        do {
          // Fields of an archive's headers other than names, offsets and checksums do not change the content.
          #expect(try contents(bytes) == original, "byte \(index) ^ \(change)")
          harmless += 1
        } catch is CheckpointError { refused += 1 }
      }
      bytes[index] = byte
    }
    #expect(refused > harmless / 2)
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = try readFile(torch("views.pt"))
    for count in bytes.indices {
      #expect(throws: CheckpointError.self) { try contents(Array(bytes[..<count])) }
    }
    #expect(throws: CheckpointError.self) { try contents(bytes + [0]) }
  }

  /// Archives with a changed pickle and a correct checksum: no input may trap, hang or take much memory.
  @Test func repairedDamageIsRefusedOrMeansWhatItSays() throws {
    var generator = SplitMix(5)
    let program = Pickle.small
    #expect(try contents(Pickle.archive(program)).keys.sorted() == ["a", "b"])
    #if DEBUG
      let count = 3_000
    #else
      let count = 100_000
    #endif
    for _ in 0..<count {
      var bytes = program
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[index] = .random(in: 0...255, using: &generator)
        case 1: bytes[index] = Pickle.instructions.randomElement(using: &generator) ?? 0
        case 2: bytes.insert(Pickle.instructions.randomElement(using: &generator) ?? 0, at: index)
        default: bytes.remove(at: index)
        }
      }
      guard let file = try? TorchFile(bytes: Pickle.archive(bytes)) else { continue }
      for entry in file.entries {
        guard let array = try? file.array(entry.name) else { continue }
        #expect(array.shape == entry.shape && array.bytes.count <= 64)
      }
    }
  }

  /// Pickles that are expensive to read.
  @Test(arguments: Pickle.costly)
  func costlyPicklesAreRefusedAtOnce(_ attack: Pickle.Attack) {
    let problem = message { _ = try TorchFile(bytes: Pickle.archive(attack.program)) }
    #expect(problem.contains(attack.reason), "\(attack.name): \(problem)")
  }

  private func contents(_ bytes: [UInt8]) throws -> [String: StoredArray] {
    let file = try TorchFile(bytes: bytes)
    var arrays: [String: StoredArray] = [:]
    for entry in file.entries { arrays[entry.name] = try file.array(entry.name) }
    return arrays
  }
}

/// The description of the error that `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
