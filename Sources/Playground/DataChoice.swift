import Datasets

/// What can be learned: a corpus, a task of the laboratory, or what the page sends.
struct DataChoice: Codable, Hashable, Sendable {
  enum Kind: String, Codable, Sendable { case corpus, laboratory, text, table }

  var name: String
  var title: String
  var kind: Kind
  /// A learning rate to begin with.
  var rate = 0.005

  /// All choices, in the order of the page's list.
  static let all: [DataChoice] =
    [
      DataChoice(name: "tales", title: "Tales, written by a grammar", kind: .corpus),
      DataChoice(name: "text", title: "A text of yours", kind: .text),
      DataChoice(name: "table", title: "A table of yours", kind: .table),
    ] + laboratory

  private static let laboratory = DatasetRegistry.standard.entries
    .filter { FileFormat(rawValue: $0.name) == nil }
    .map { entry in
      let summary = entry.summary.split(separator: ", ").last ?? ""
      return DataChoice(
        name: entry.name, title: "\(entry.name): \(summary)", kind: .laboratory,
        rate: ["adding", "copy"].contains(entry.name) ? 0.01 : 0.005)
    }

  /// The choice of a setup's name; nil for an unknown one.
  static func named(_ name: String) -> DataChoice? { all.first { $0.name == name } }
}
