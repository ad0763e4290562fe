import Cells

/// Trains the echo by plain gradient descent and prints its falling loss.
@main
struct CellsOnly {
  static let (steps, batch, symbols) = (20, 32, 4)

  static func main() throws {
    var generator = Philox(seed: 1)
    var model = Echo(symbols: symbols, hiddenSize: 32, using: &generator)
    var last: Float = .infinity

    for step in 0...400 {
      let read = (0..<steps * batch).map { _ in
        Int32.random(in: 0..<Int32(symbols), using: &generator)
      }
      // Negative targets are ignored: the first two steps have no answer.
      let echo = [Int32](repeating: -1, count: 2 * batch) + read.dropLast(2 * batch)
      let x = Tensor(oneHot: read, shape: [steps, batch], classes: symbols)

      let (loss, gradients) = valueAndGradient(of: model) { model in
        crossEntropy(model(x), echo)
      }
      model.updateParameters(with: gradients) { _, parameter, gradient in
        parameter -= 1 * gradient
      }
      last = loss.scalar
      if step % 100 == 0 { print("step \(step): loss \(last)") }
    }
    guard last < 0.1 else { throw NotLearned(loss: last) }
  }
}

/// The error if the loss has not fallen enough.
struct NotLearned: Error {
  var loss: Float
}
