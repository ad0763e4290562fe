import FileCore
import Training

/// What the server tells every open page.
struct Progress: Codable, Sendable {
  var kind = "progress"
  var isRunning: Bool
  var setup: Int
  var unitsPerSecond: Int
  var lanes: [Lane]

  /// One model's news.
  struct Lane: Codable, Sendable {
    var title: String
    var step: Int
    var news: Learner.News
    var fault: String?
    var fingerprint: String?
  }
}

/// What the server tells a page that has opened, or all of them after a new setup.
struct Opening: Codable, Sendable {
  var kind = "opening"
  var setup: Setup
  var data: DataChoice.Kind
  var number: Int
  var isRunning: Bool
  var temperature: Double
  var rate: Double
  /// What is read: characters or samples.
  var unit: String
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

/// What the models can do now: a text that each has written, or its answers to validation samples.
struct WrittenText: Codable, Sendable {
  var kind = "sample"
  var setup: Int
  var lanes: [Lane]

  struct Lane: Codable, Sendable {
    /// A text, with the surprise -ln p of each piece.
    var pieces: [Piece] = []
    /// Answers beside the right ones.
    var answers: [Evaluation.Answer] = []
    /// Forecasts beside what came.
    var curves: [Evaluation.Curve] = []
    /// Accuracy and other measures by name, as one line.
    var measures = ""
  }

  struct Piece: Codable, Sendable {
    var text: String
    var surprise: Double
  }
}

/// How the learners on a stream get on.
struct StreamNews: Codable, Sendable {
  var kind = "stream"
  var isRunning: Bool
  var options: StreamLesson.Options
  var step: Int
  var guessing = StreamLesson.guessing
  var lanes: [Lane]
  var picture: StreamLesson.Picture?

  struct Lane: Codable, Sendable {
    var title: String
    var points: [[Double]]
    var microseconds: Double
    /// The floats that the engine carries besides the states.
    var floats: Int
  }

  init(_ lesson: StreamLesson, isRunning: Bool) {
    self.isRunning = isRunning
    (options, step) = (lesson.options, lesson.step)
    lanes = lesson.lanes.map { lane in
      Lane(
        title: lane.title, points: lane.points,
        microseconds: lane.seconds * 1e6 / Double(max(1, lesson.step)),
        floats: lane.learner.memory.size)
    }
    picture = lesson.picture
  }
}

/// The text of a value, or of nothing where it can't be written.
func json(_ value: some Encodable) -> String {
  (try? JSONValue(encoding: value))?.text ?? "null"
}
