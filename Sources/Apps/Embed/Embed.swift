import Foundation

/// Writes one Swift file with the models of checkpoints: `EmbedTool OUTPUT CHECKPOINT...`.
///
/// The build plugin `EmbedCheckpoint` runs it. Errors are printed in the format of compiler errors, so that the build
/// stops and an editor finds the file.
@main
struct Embed {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard let output = arguments.first, arguments.count > 1 else {
      stop("expected an output file and checkpoints", status: 64)
    }
    var models: [EmbeddedSource.Model] = []
    for path in arguments.dropFirst() {
      do {
        models.append(try EmbeddedSource.Model(path: path))
      } catch {
        stop("\(path):1:1: error: \(error)")
      }
    }
    do {
      let source = try EmbeddedSource(models)
      try Data(source.text.utf8).write(to: URL(filePath: output), options: .atomic)
    } catch let fault as EmbeddedSource.SameName {
      stop("\(fault.path):1:1: error: \(fault)")
    } catch {
      stop("\(output):1:1: error: \(error.localizedDescription)")
    }
  }

  private static func stop(_ message: String, status: Int32 = 1) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(status)
  }
}
