import FileCore

/// A folder with one subfolder of text files for each label: `reviews/good/1.txt`, `reviews/bad/7.txt`.
///
/// If it has folders `train` and `test`, or `train` and `valid`, these contain the labels' folders; the second one is
/// for validation, and it is the test set if a test set is read. Otherwise every `validationPeriod`-th file is for
/// validation. Files are read on demand.
struct LabelledFolder {
  let path: String
  let options: FileOptions
  var known: KnownSides?

  /// The largest text of a sample, in bytes.
  static let largestText = 1 << 20

  func read() throws(FileError) -> TaskSamples {
    let folders = try Folder.content(of: path).folders
    let train = folders.first { Folder.name(of: $0) == "train" }
    let test = folders.first { ["test", "valid", "validation"].contains(Folder.name(of: $0)) }
    var skipped = SkippedRows()
    var (training, validation) = ([File](), [File]())
    if known != nil {
      training = try files(in: test ?? path, &skipped)
    } else if let train, let test {
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
    let input = if let known { known.input } else { ValueKind.text(try tokenizer(of: training)) }
    guard case .text(let tokenizer) = input else {
      throw FileError(file: path, expected: input.word, found: "a folder of texts")
    }
    let labels = labels(of: training + validation)
    func samples(_ files: [File]) -> FolderSamples {
      FolderSamples(files: files, folder: self, tokenizer: tokenizer, labels: labels)
    }
    let form = FileForm(
      .classification, .folder, options, inputs: ["texts"], targets: ["folders' names"],
      facts: [
        labels.count.counted("classes"),
        (training.count + validation.count).counted("files"),
      ] + skipped.facts)
    return TaskSamples(
      input: input, target: .label(labels), training: samples(training),
      validation: known == nil ? samples(validation) : nil, skipped: skipped, form: form)
  }

  private func tokenizer(of files: [File]) throws(FileError) -> any Tokenizer {
    var own = options
    own.validationPeriod = .max
    var survey = TextSurvey(own)
    for file in files { survey.add(try text(of: file.path)) }
    return survey.tokenizer
  }

  /// The labels; labels unknown to the model come after its own.
  private func labels(of files: [File]) -> Vocabulary {
    var own: [String] = []
    if case .label(let classes)? = known?.target { own = classes.names }
    let others = Set(files.map { ExactString($0.label) }).subtracting(own.map { ExactString($0) })
    return Vocabulary(own + others.sorted().map(\.string))
  }

  struct File: Sendable {
    var path: String
    var label: String
  }

  /// The text files in a folder's subfolders; files that are not text are skipped and counted if the options say so.
  private func files(
    in path: String, _ skipped: inout SkippedRows
  ) throws(FileError) -> [File] {
    var files: [File] = []
    for folder in try Folder.content(of: path).folders {
      for file in try Folder.content(of: folder).files {
        do throws(FileError) {
          _ = try text(of: file)
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
  func text(of path: String) throws(FileError) -> String {
    let text = try TextSource(path, encoding: options.encoding).text(limit: Self.largestText)
    guard !text.isEmpty else { throw FileError.empty(path) }
    return options.form?.apply(to: text) ?? text
  }
}

/// Samples of text files, each read on access.
private struct FolderSamples: IndexedSamples {
  let files: [LabelledFolder.File]
  let folder: LabelledFolder
  let tokenizer: any Tokenizer
  let labels: Vocabulary

  var sampleCount: Int { files.count }

  func sample(at index: Int) throws -> Sample {
    let file = files[index]
    let text = try folder.text(of: file.path)
    return Sample(.tokens(tokenizer.encode(text)), .label(labels.id(of: file.label) ?? 0))
  }
}
