import Foundation

/// The Swift source of a target's models: an enumeration without cases, with a constant for each.
struct EmbeddedSource {
  /// The source.
  let text: String

  /// The error for two checkpoints whose constants would have the same name.
  struct SameName: Error, CustomStringConvertible {
    let path: String
    let other: String
    let name: String

    var description: String { "Models.\(name) is \(other) already: give one of them another name" }
  }

  /// The source of the given models.
  init(_ models: [Model]) throws(SameName) {
    var paths: [String: String] = [:]
    for model in models {
      if let other = paths.updateValue(model.path, forKey: model.name) {
        throw SameName(path: model.path, other: other, name: model.name)
      }
    }
    text = """
      // Written by EmbedCheckpoint when the package was built.

      import Models

      /// The models of this target's checkpoints.
      enum Models {
      \(models.map(\.declaration).joined(separator: "\n\n"))
      }

      """
  }
}

extension EmbeddedSource {
  /// A verified checkpoint.
  struct Model {
    let path: String
    /// The constant's name: the file's name in camel case.
    let name: String
    private let bytes: Data
    /// The type of the constant.
    private let type: String

    /// Reads and checks a checkpoint.
    init(path: String) throws(Fault) {
      do {
        bytes = try Data(contentsOf: URL(filePath: path))
      } catch {
        throw .unreadable(error.localizedDescription)
      }
      do throws(CheckpointFile.Fault) {
        type =
          switch try CheckpointFile(Array(bytes)).kind {
          case "language-model": "SavedLanguageModel"
          case "sequence-model": "SavedSequenceModel"
          case let other: throw .init("expected a language-model or sequence-model, found \(other)")
          }
      } catch {
        throw .unsound(error)
      }
      self.path = path
      name = try Self.constant(for: URL(filePath: path).deletingPathExtension().lastPathComponent)
    }

    /// The declaration of the constant, of the type for the file's model.
    var declaration: String {
      let file = URL(filePath: path).lastPathComponent
      return """
          /// The model of \(file).
          static let `\(name)` = \(type)(
            embedded: EmbeddedFile(name: "\(file)", base64: "\(bytes.base64EncodedString())"))
        """
    }

    /// A name in camel case: `tall-tales.2` becomes `tallTales2`.
    private static func constant(for stem: String) throws(Fault) -> String {
      let words = stem.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
      let name = words.enumerated().map { index, word in
        (index == 0 ? word.prefix(1).lowercased() : word.prefix(1).uppercased()) + word.dropFirst()
      }.joined()
      guard let first = name.first, first.isLetter else { throw .namesNothing(stem) }
      return name
    }
  }

  /// Why a checkpoint can't be embedded.
  enum Fault: Error, CustomStringConvertible {
    case unreadable(String)
    case unsound(CheckpointFile.Fault)
    case namesNothing(String)

    var description: String {
      switch self {
      case .unreadable(let reason): reason
      case .unsound(let fault): fault.description
      case .namesNothing(let stem):
        "\(stem): expected a file name that begins with a letter, to name a constant after it"
      }
    }
  }
}
