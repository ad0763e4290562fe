import TensorCore

/// An array whose elements are those of other arrays, at other places.
///
/// It has a number for every element of its sources: they are numbered one after the other, from 1. So an operator that
/// moves elements, run over the numbers instead of the elements, says where each comes from; 0 is an element of none.
struct Arrangement: Sendable {
  /// Equally distant elements of a source, and where they go.
  struct Run: Sendable {
    var source: GraphProgram.Place
    var from: Int
    var fromStride = 1
    var to: Int
    var toStride = 1
    var count = 1
  }

  let shape: [Int]
  /// The runs that make up all elements.
  let runs: [Run]
  let count: Int

  /// The arrangement of numbered elements; nil if there is one of no source, or if there are too many runs to copy one by one.
  init?(_ numbers: [Int], shape: [Int], _ numbering: ElementNumbering) {
    var finished: [Run] = []
    var open: [GraphProgram.Place: Run] = [:]
    let mostRuns = max(8, numbers.count / 8)
    for (place, number) in numbers.enumerated() {
      guard let (source, from) = numbering.element(number) else { return nil }
      guard var run = open[source] else {
        open[source] = Run(source: source, from: from, to: place)
        continue
      }
      if run.count == 1 { (run.fromStride, run.toStride) = (from - run.from, place - run.to) }
      if from == run.from + run.count * run.fromStride, place == run.to + run.count * run.toStride {
        run.count += 1
        open[source] = run
      } else {
        finished.append(run)
        guard finished.count < mostRuns else { return nil }
        open[source] = Run(source: source, from: from, to: place)
      }
    }
    (self.shape, count, runs) = (shape, numbers.count, finished + open.values)
  }

  /// The places that it reads.
  var sources: Set<GraphProgram.Place> { Set(runs.map(\.source)) }

  /// Where all elements stand one after the other; nil if they don't.
  var block: (source: GraphProgram.Place, start: Int)? {
    guard runs.count == 1, runs[0].count == count, count == 1 || runs[0].fromStride == 1 else {
      return nil
    }
    return (runs[0].source, runs[0].from)
  }

  /// The array, from its sources.
  func callAsFunction(_ value: (GraphProgram.Place) -> GraphValue) -> GraphValue {
    if let (source, start) = block, start == 0 {
      let whole = value(source)
      if whole.count == count { return whole.reshaped(to: shape) }
    }
    return GraphValue(
      Tensor(uninitialized: shape) { result in
        for run in runs {
          guard let source = value(run.source).tensor?.elements else { continue }
          let (from, to) = (source + run.from, result + run.to)
          if run.fromStride == 1, run.toStride == 1 {
            copyRows(from, stride: 0, rows: 1, width: run.count, into: to, stride: 0)
          } else {
            copyRows(
              from, stride: run.fromStride, rows: run.count, width: 1, into: to,
              stride: run.toStride)
          }
        }
      })
  }
}

/// Numbers for the elements of the arrays that a graph computes; 0 is the number of none.
struct ElementNumbering {
  private var places: [GraphProgram.Place] = []
  private var starts: [Int] = []
  private var next = 1

  /// The numbers of an array's elements.
  mutating func numbers(of place: GraphProgram.Place, count: Int) -> Range<Int> {
    if let index = places.firstIndex(of: place) { return starts[index]..<starts[index] + count }
    places.append(place)
    starts.append(next)
    next += count
    return next - count..<next
  }

  /// The element of a number.
  func element(_ number: Int) -> (place: GraphProgram.Place, index: Int)? {
    guard number > 0, let index = starts.lastIndex(where: { $0 <= number }) else { return nil }
    return (places[index], number - starts[index])
  }
}
