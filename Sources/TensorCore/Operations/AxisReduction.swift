// Reductions over axes without a tape: as few kernel calls as the order of the axes allows.

/// The sum over the axes, as a tensor of rank 1 that holds the kept axes in order.
func sumOfAxes(_ x: Tensor, _ axes: [Int]) -> Tensor {
  if axes.count == x.rank {
    return Tensor([Float(sum(x.elements, count: x.count))])
  }
  return reduce(
    x, axes,
    rows: { x, rows, width, result in
      rowSum(x, stride: width, rows: rows, width: width, into: result)
    },
    columns: { x, rows, width, result in
      columnSum(x, stride: width, rows: rows, width: width, into: result)
    })
}

/// The maximum over the axes, which are not empty, as a tensor of rank 1 that holds the kept axes.
func maximumOfAxes(_ x: Tensor, _ axes: [Int]) -> Tensor {
  reduce(
    x, axes,
    rows: { x, rows, width, result in
      rowMaximum(x, stride: width, rows: rows, width: width, into: result)
    },
    columns: { x, rows, width, result in
      copyRows(x, stride: width, rows: 1, width: width, into: result, stride: width)
      for row in 1..<rows {
        map(.maximum, into: result, result, x + row * width, count: width)
      }
    })
}

/// Reduces a contiguous matrix [rows, width].
private typealias MatrixReduction = (
  _ x: Floats, _ rows: Int, _ width: Int, _ result: Floats
) -> Void

/// Reduces runs of neighbouring axes, the last run first: `rows` to a column if the run is the last
/// axis, else `columns` to a row for each position before it.
private func reduce(
  _ x: Tensor, _ axes: [Int], rows reduceRows: MatrixReduction,
  columns reduceColumns: MatrixReduction
) -> Tensor {
  var rest = x.withShape([x.count])
  var runs = runs(x.shape, axes)
  while let last = runs.lastIndex(where: \.isReduced) {
    let length = runs[last].length
    let inner = runs[(last + 1)...].reduce(1) { $0 * $1.length }
    let outer = runs[..<last].reduce(1) { $0 * $1.length }
    runs.remove(at: last)
    let source = rest.elements
    rest = Tensor(uninitialized: [outer * inner]) { result in
      if inner == 1 {
        reduceRows(source, outer, length, result)
      } else {
        for index in 0..<outer {
          reduceColumns(source + index * length * inner, length, inner, result + index * inner)
        }
      }
    }
  }
  return rest
}

private struct Run {
  var length: Int
  var isReduced: Bool
}

private func runs(_ shape: [Int], _ axes: [Int]) -> [Run] {
  var runs: [Run] = []
  for (axis, length) in shape.enumerated() {
    let isReduced = axes.contains(axis)
    if let last = runs.last, last.isReduced == isReduced {
      runs[runs.count - 1].length *= length
    } else {
      runs.append(Run(length: length, isReduced: isReduced))
    }
  }
  return runs
}
