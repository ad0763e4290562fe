import Datasets
import Models
import TensorCore

/// The values of the step before, for samples whose input has the columns that are forecast.
struct LastValues {
  private let inputs: [Column]
  private let targets: [Column]
  /// The input's columns that hold what is forecast.
  private let places: [Int]

  /// Nil where the samples are no forecasts.
  init?(_ samples: TaskSamples) {
    (inputs, targets) = (samples.input.columns, samples.target.columns)
    places = targets.compactMap { target in
      samples.input.columns.firstIndex { $0.name == target.name }
    }
    guard samples.shape == .manyToManyInStep, places.count == targets.count else { return nil }
  }

  /// The value before a target, by its index among the sample's numbers, in the target's scale.
  func value(_ index: Int, of sample: Sample) -> Double {
    let (step, column) = index.quotientAndRemainder(dividingBy: targets.count)
    let place = places[column]
    let last = inputs[place].number(of: sample.input.numbers[step * inputs.count + place])
    return Double(targets[column].scaled(last))
  }
}

extension Baseline {
  /// The most numbers that a guess is made of, and that it is measured on.
  private static let mostNumbers = 20_000

  /// A guess that says how sure it is: the last value and the usual changes of forecasts, else all numbers alike, with the
  /// head's own loss and metrics.
  init?(
    spreading training: any SampleSource, measuredOn validation: any SampleSource,
    _ samples: TaskSamples, _ head: NumberHead
  ) throws {
    let columns = samples.target.columns
    let last = head.countsNumbers ? nil : LastValues(samples)
    func base(_ index: Int, _ sample: Sample) -> Double { last?.value(index, of: sample) ?? 0 }
    var deviations = [[Double]](repeating: [], count: columns.count)
    try training.forEach(limit: Self.mostSamples) { sample in
      guard deviations[0].count < Self.mostNumbers else { return }
      for (index, value) in sample.target.numbers.enumerated() {
        let deviation = Double(value) - base(index, sample)
        if !deviation.isNaN { deviations[index % columns.count].append(deviation) }
      }
    }
    let guess = head.guess(from: deviations)
    var (outputs, targets) = ([Float](), [Float]())
    try validation.forEach(limit: Self.mostSamples) { sample in
      guard targets.count < Self.mostNumbers else { return }
      for (index, value) in sample.target.numbers.enumerated() {
        let center = base(index, sample)
        outputs += guess.outputs(around: center.isNaN ? 0 : center, index % columns.count)
        targets.append(center.isNaN ? .nan : value)
      }
    }
    guard targets.contains(where: { !$0.isNaN }) else { return nil }
    let rows = targets.count / columns.count
    let tensor = Tensor(outputs, shape: [rows, outputs.count / rows])
    var tally = ForecastTally()
    for (index, forecast) in head.forecasts(tensor).enumerated() where !targets[index].isNaN {
      tally.add(forecast, columns[index % columns.count].number(of: targets[index]))
    }
    self.init(
      method: last == nil ? "all numbers alike" : "the last value and its usual changes",
      loss: Double(head.loss(tensor, targets).scalar), accuracy: nil, metrics: tally.metrics)
  }
}
