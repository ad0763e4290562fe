import Datasets
import Models

extension OutputHead {
  /// Checks that the first targets are counts, for a distribution of counts.
  ///
  /// - Throws: `InvalidSetting` with the first number that is none.
  func checkCounts(in samples: TaskSamples) throws(InvalidSetting) {
    guard self == .likelihood(.negativeBinomial) else { return }
    let columns: [Column]
    switch samples.target {
    case .features(let own), .vector(let own): columns = own
    case .text, .symbols, .label: return
    }
    var place = SamplePlace()
    for sample in (try? samples.training.samples(from: &place, limit: 256)) ?? [] {
      let numbers: [Float]
      switch sample.target {
      case .features(let steps): numbers = steps.values
      case .vector(let values): numbers = values
      case .tokens, .label: numbers = []
      }
      for (index, value) in numbers.enumerated() where !value.isNaN {
        let column = columns[index % columns.count]
        let number = column.number(of: value)
        // Numbers of samples are scaled in single precision.
        let error = (number - number.rounded()).magnitude
        guard number > -0.5, error <= 1e-4 * max(1, number.magnitude, column.scale) else {
          throw InvalidSetting(
            "likelihood", expected: "counts (0, 1, 2, ...) in column \(column.name)", found: number)
        }
      }
    }
  }
}
