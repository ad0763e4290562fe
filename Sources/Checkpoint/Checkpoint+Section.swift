import Requirements

extension Checkpoint {
  /// A part of a checkpoint. Entries are sorted by section first, so that reading only the model reads only the
  /// beginning of the file.
  public struct Section: RawRepresentable, Sendable, Hashable {
    /// The section's number in the file.
    public let rawValue: UInt8

    /// The section of a number; all numbers are allowed, known or not.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Weights, under their names in the model.
    public static let model = Section(rawValue: 0)
    /// The model's configuration: JSON.
    public static let configuration = Section(rawValue: 1)
    /// The tokenizer.
    public static let tokenizer = Section(rawValue: 2)
    /// The optimizer's state, for example `exp_avg/fc.weight`.
    public static let optimizer = Section(rawValue: 3)
    /// The progress of training: completed steps, losses, and the parameters in training.
    public static let trainer = Section(rawValue: 4)
    /// The state of random number generators.
    public static let random = Section(rawValue: 5)
    /// The position of training in the data, and which data.
    public static let data = Section(rawValue: 6)
    /// Recurrent state that is carried from batch to batch.
    public static let carry = Section(rawValue: 7)
    /// The history of losses.
    public static let log = Section(rawValue: 8)
    /// The equations of the model's cell: a text, under the cell's name.
    public static let equations = Section(rawValue: 9)
    /// The scales of the rows of int8 weights, under their names.
    public static let scales = Section(rawValue: 10)

    /// A section for an application's own use; `number` counts from 0 to 127.
    public static func application(_ number: UInt8) -> Section {
      require(number < 128, "expected an application section in 0...127, found \(number)")
      return Section(rawValue: 128 + number)
    }

    /// Whether this version of the format defines the section.
    var isKnown: Bool { rawValue <= 10 }
  }

  /// The identity of an entry: its section, and its name in that section.
  ///
  /// Keys are ordered by section, then by the UTF-8 bytes of the name, like the entries of a file.
  public struct Key: Sendable, Hashable, Comparable {
    /// The section that the entry is in.
    public let section: Section
    /// The entry's name: 1 to 512 bytes of UTF-8, no control characters.
    public let name: String

    /// The key of `name` in `section`.
    public init(_ section: Section, _ name: String) {
      self.section = section
      self.name = name
    }

    /// Whether both keys have the same section and name, compared byte by byte.
    public static func == (left: Key, right: Key) -> Bool {
      left.section == right.section && left.name.utf8.elementsEqual(right.name.utf8)
    }

    /// The order of entries in a file.
    public static func < (left: Key, right: Key) -> Bool {
      guard left.section == right.section else {
        return left.section.rawValue < right.section.rawValue
      }
      return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
  }
}

extension Checkpoint.Section: CustomStringConvertible {
  /// The section's name, or its number if it has none.
  public var description: String {
    let names = [
      "model", "configuration", "tokenizer", "optimizer", "trainer", "random", "data", "carry",
      "log", "equations", "scales",
    ]
    if rawValue < names.count { return names[Int(rawValue)] }
    return rawValue < 128 ? "section \(rawValue)" : "application \(rawValue - 128)"
  }
}

extension Checkpoint.Key: CustomStringConvertible {
  /// For example `model/fc.weight`.
  public var description: String { "\(section)/\(name)" }
}
