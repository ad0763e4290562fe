import Checkpoint

/// Files of before PyTorch 1.6.
enum LegacyTorch {
  /// A description of a storage, in the memory of a device; perhaps a view of it.
  static func storage(
    _ key: String, count: Int32, location: String = "cpu", view: (String, Int32, Int32)? = nil
  ) -> [UInt8] {
    let part =
      view.map {
        Pickle.bytes("(") + Pickle.text($0.0) + Pickle.integer($0.1) + Pickle.integer($0.2)
          + Pickle.bytes("t")
      } ?? Pickle.bytes("N")
    return Pickle.bytes("(") + Pickle.text("storage") + Pickle.bytes("ctorch\nFloatStorage\n")
      + Pickle.text(key) + Pickle.text(location) + Pickle.integer(count) + part
      + Pickle.bytes("tQ")
  }

  /// A file of this program and storages.
  static func file(
    _ program: [UInt8], version: UInt8 = 2, storages: [(key: String, numbers: [Float])]
  ) -> [UInt8] {
    func pickle(_ body: [UInt8]) -> [UInt8] {
      [0x80, version] + (version < 4 ? [] : [0x95] + little(UInt64(body.count))) + body
    }
    let keys = storages.flatMap { Pickle.text($0.key) + Pickle.bytes("a") }
    return pickle([0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E])
      + pickle(Pickle.bytes("M") + [0xE9, 3, 0x2E])
      + pickle(Pickle.bytes("}") + Pickle.text("little_endian") + [0x88] + Pickle.bytes("s."))
      + pickle(program) + pickle(Pickle.bytes("]") + keys + Pickle.bytes("."))
      + storages.flatMap { little(UInt64($0.numbers.count)) + StoredArray($0.numbers).bytes }
  }
}
