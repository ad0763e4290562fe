import Checkpoint
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
    try FilePlace(folder).makeFolder()
    let name = "\(folder)/\(Self.prefix)\(Int(seconds)).swift-rnn"
    file = try ByteFile(FilePlace(name).free)
    write(seconds) { $0.text(3, "brain.Event:2") }
    if let step {
      // A session that starts at a step hides earlier events of that step and later ones.
      write(seconds) {
        $0.integer(2, step + 1)
        $0.message(7) { $0.integer(1, 1) }
      }
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
    write(seconds) {
      $0.integer(2, step)
      $0.message(5) { summary in
        for (tag, value) in numbers {
          summary.message(1) {
            $0.text(1, tag)
            $0.float(2, Float(value))
          }
        }
      }
    }
  }

  /// Writes an event of a time as a record.
  private func write(_ seconds: Double, _ fields: (inout ProtobufWriter) -> Void) {
    let event = ProtobufWriter {
      $0.double(1, seconds)
      fields(&$0)
    }.bytes
    var record: [UInt8] = []
    record.append(littleEndian: UInt64(event.count))
    record.append(littleEndian: CRC32C.masked(record))
    record += event
    record.append(littleEndian: CRC32C.masked(event))
    file.log(record)
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
