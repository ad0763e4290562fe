import Cells
import Checkpoint
import Interop
import Models
import Training

/// A file that the page offers of a model that learns.
enum Download: String, CaseIterable, Sendable {
  case checkpoint = "model.rnnz"
  case onnx = "model.onnx"
  case cell = "cell.swift"
  case report = "report.html"

  /// The file's bytes.
  ///
  /// - Throws: what keeps the model from being written in this form.
  func bytes(of learner: Learner) throws -> [UInt8] {
    switch self {
    case .checkpoint:
      var checkpoint = Checkpoint()
      if let model = learner.language {
        try model.write(to: &checkpoint)
      } else {
        try learner.sequence?.write(to: &checkpoint)
      }
      return try checkpoint.encoded()
    case .onnx:
      if let model = learner.language { return try model.onnx().encoded() }
      return try learner.sequence?.onnx().encoded() ?? []
    case .cell:
      guard let cell = learner.configuration?.cell,
        let text = CellText(writing: cell.base, name: cell.name)
      else { throw Refusal("\(learner.title): the notation can't say this cell") }
      return Array(text.swift(type: "PlaygroundCell").utf8)
    case .report: return Array(RunReport(learner.record).html.utf8)
    }
  }
}
