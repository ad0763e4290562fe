import FileCore

/// What the server tells every open page.
struct Progress: Codable, Sendable {
  var kind = "progress"
  var isRunning: Bool
  var setup: Int
  var charactersPerSecond: Int
  var lanes: [Lane]

  /// One model's news.
  struct Lane: Codable, Sendable {
    var title: String
    var step: Int
    var news: Learner.News
    var fault: String?
  }
}

/// What the server tells a page that has opened, or all of them after a new setup.
struct Opening: Codable, Sendable {
  var kind = "opening"
  var setup: Setup
  var number: Int
  var isRunning: Bool
  var temperature: Double
  var rate: Double
  /// The validation text's entropy in nats a character, where it is known.
  var floor: Double?
  var lanes: [Lane]
  var text: String

  struct Lane: Codable, Sendable {
    var title: String
    var weights: Int
    var history: Learner.News
  }
}

/// A text that a model has written, with the surprise -ln p of each character.
struct WrittenText: Codable, Sendable {
  var kind = "sample"
  var lanes: [[Piece]]

  struct Piece: Codable, Sendable {
    var text: String
    var surprise: Double
  }
}

/// The text of a value, or of nothing where it can't be written.
func json(_ value: some Encodable) -> String {
  (try? JSONValue(encoding: value))?.text ?? "null"
}
