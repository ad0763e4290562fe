import FileCore
import ProgramsCore
import Training

/// A file of events, which TensorBoard shows as curves.
///
/// The format is TensorFlow's: a record has the length of its event in eight bytes, the length's masked CRC-32C, the event,
/// and the event's masked CRC-32C. An event is a protocol buffer: time, step, and named numbers.
package struct TensorBoardFile {
  private let file: ByteFile

  /// Opens a new file in a folder, which is made where it is missing.
  ///
  /// - Parameters:
  ///   - folder: what `tensorboard --logdir` is given; more files in it are one run.
  ///   - seconds: the time since 1970.
  ///   - step: where training goes on, the last step that stays: what an earlier file has of later ones is not shown.
  package init(folder: String, seconds: Double, goingOnAfter step: Int? = nil) throws {
    guard System.makeFolder(folder) == 0 else { throw FileError.system(folder) }
    let name = "\(folder)/\(Self.prefix)\(Int(seconds)).swift-rnn"
    file = try ByteFile(FilePlace(name).free)
    write(Message { $0.add(3, text: "brain.Event:2") }, seconds)
    if let step {
      // A session that starts at a step hides earlier events of that step and later ones.
      write(
        Message {
          $0.add(2, integer: step + 1)
          $0.add(7, message: Message { $0.add(1, integer: 1) })
        }, seconds)
    }
  }

  /// What the names of the files in a folder begin with.
  package static let prefix = "events.out.tfevents."

  /// Writes the numbers of an event.
  package func note(_ event: TrainingEvent, seconds: Double) {
    switch event {
    case .step(let step):
      write(
        [
          ("train/loss", step.loss), ("train/gradient_norm", step.gradientNorm),
          ("train/learning_rate", step.learningRate),
        ], step: step.number, seconds)
    case .evaluation(let measured):
      let metrics = measured.evaluation.metrics.map {
        ("validation/" + $0.name.replacingSpaces, $0.value)
      }
      write(
        [("validation/loss", measured.evaluation.loss)] + metrics, step: measured.step, seconds)
    default: return
    }
  }

  private func write(_ numbers: [(tag: String, value: Double)], step: Int, _ seconds: Double) {
    let summary = Message { summary in
      for (tag, value) in numbers {
        summary.add(
          1,
          message: Message {
            $0.add(1, text: tag)
            $0.add(2, float: Float(value))
          })
      }
    }
    write(
      Message {
        $0.add(2, integer: step)
        $0.add(5, message: summary)
      }, seconds)
  }

  /// Writes an event of a time as a record.
  private func write(_ event: Message, _ seconds: Double) {
    var message = Message { $0.add(1, double: seconds) }
    message.bytes += event.bytes
    var record: [UInt8] = []
    record.append(littleEndian: UInt64(message.bytes.count))
    record.append(littleEndian: CRC32C.masked(record))
    record += message.bytes
    record.append(littleEndian: CRC32C.masked(message.bytes))
    file.log(record)
  }
}

/// The fields of a protocol buffer, one after the other.
private struct Message {
  var bytes: [UInt8] = []

  init(_ fill: (inout Message) -> Void) { fill(&self) }

  mutating func add(_ field: Int, integer: Int) {
    append(field << 3)
    append(integer)
  }

  mutating func add(_ field: Int, double: Double) {
    append(field << 3 | 1)
    bytes.append(littleEndian: double.bitPattern)
  }

  mutating func add(_ field: Int, float: Float) {
    append(field << 3 | 5)
    bytes.append(littleEndian: float.bitPattern)
  }

  mutating func add(_ field: Int, text: String) { add(field, bytes: Array(text.utf8)) }

  mutating func add(_ field: Int, message: Message) { add(field, bytes: message.bytes) }

  private mutating func add(_ field: Int, bytes content: [UInt8]) {
    append(field << 3 | 2)
    append(content.count)
    bytes += content
  }

  /// A number in groups of seven bits, the lowest first.
  private mutating func append(_ number: Int) {
    var rest = UInt64(number)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The CRC-32C of iSCSI: polynomial 0x82F63B78, reflected; of `123456789` it is 0xE3069283.
package enum CRC32C {
  /// The checksum of bytes.
  package static func value(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ (sum >> 8) }
  }

  /// The checksum as TensorFlow stores it, so that a checksum of bytes with checksums says something.
  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let sum = value(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0x82F6_3B78 ^ sum >> 1 : sum >> 1 }
  }
}

extension String {
  fileprivate var replacingSpaces: String { String(map { $0 == " " ? "_" : $0 }) }
}
