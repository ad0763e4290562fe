import FileCore

/// A folder with a folder of text files for each label: `reviews/good/1.txt`, `reviews/bad/7.txt`.
///
/// Where it holds folders `train` and `test`, or `train` and `valid`, these hold the labels' folders, and
/// the second one is for validation; else every so manieth file is. Files are read when they are needed.
struct LabelledFolder {
  let path: String
  let options: FileOptions

  /// The largest text of a sample, in bytes.
  static let largestText = 1 << 20

  func read() throws(FileError) -> TaskSamples {
    let folders = try Folder.content(of: path).folders
    let train = folders.first { Folder.name(of: $0) == "train" }
    let test = folders.first { ["test", "valid", "validation"].contains(Folder.name(of: $0)) }
    var skipped = SkippedRows()
    var (training, validation) = ([File](), [File]())
    if let train, let test {
      training = try files(in: train, &skipped)
      validation = try files(in: test, &skipped)
    } else {
      let all = try files(in: path, &skipped)
      let period = options.validationPeriod
      training = all.indices.filter { $0 % period != period - 1 }.map { all[$0] }
      validation = all.indices.filter { $0 % period == period - 1 }.map { all[$0] }
    }
    guard !training.isEmpty else {
      throw FileError(
        file: path, expected: "a folder of text files for each label", found: "no text file")
    }
    var own = options
    own.validationPeriod = .max
    var survey = TextSurvey(own)
    for file in training { survey.add(try Self.text(of: file.path, encoding: options.encoding)) }
    let tokenizer = survey.tokenizer
    let labels = Vocabulary(Set((training + validation).map(\.label)).sorted())
    return TaskSamples(
      input: .text(tokenizer), target: .label(labels),
      training: FolderSamples(
        files: training, encoding: options.encoding, tokenizer: tokenizer, labels: labels),
      validation: FolderSamples(
        files: validation, encoding: options.encoding, tokenizer: tokenizer, labels: labels),
      skipped: skipped)
  }

  struct File: Sendable {
    var path: String
    var label: String
  }

  /// The text files of a folder's folders; those that are no text are counted where that is wanted.
  private func files(
    in path: String, _ skipped: inout SkippedRows
  ) throws(FileError) -> [File] {
    var files: [File] = []
    for folder in try Folder.content(of: path).folders {
      for file in try Folder.content(of: folder).files {
        do throws(FileError) {
          _ = try Self.text(of: file, encoding: options.encoding)
          files.append(File(path: file, label: Folder.name(of: folder)))
        } catch {
          guard options.skipsBadRows else { throw error }
          skipped.add(error)
        }
      }
    }
    return files
  }

  /// The text of a file.
  static func text(
    of path: String, encoding: TextEncoding?
  ) throws(FileError) -> String {
    let text = try TextSource(path, encoding: encoding).text(limit: largestText)
    guard !text.isEmpty else { throw FileError.empty(path) }
    return text
  }
}

/// Text files, each read when it is asked for.
private struct FolderSamples: IndexedSamples {
  let files: [LabelledFolder.File]
  let encoding: TextEncoding?
  let tokenizer: any Tokenizer
  let labels: Vocabulary

  var sampleCount: Int { files.count }

  func sample(at index: Int) throws -> Sample {
    let file = files[index]
    let text = try LabelledFolder.text(of: file.path, encoding: encoding)
    return Sample(.tokens(tokenizer.encode(text)), .label(labels.id(of: file.label) ?? 0))
  }
}
