import Cells
import Foundation
import Synchronization
import TensorCore
import Testing

/// Threads that an application makes may have small stacks, in which a thread's static memory lies too.
@Test(arguments: ["lstm", "indrnn", "gated-deltanet", "mlstm-large", "s6"])
func aSmallStackIsEnough(_ name: String) throws {
  let cell = try CellRegistry.standard.cell(named: name)
  let expected = gradient(of: cell)
  let ended = DispatchSemaphore(value: 0)
  let found = Mutex<[Float]>([])
  let thread = Thread {
    let numbers = gradient(of: cell)
    found.withLock { $0 = numbers }
    ended.signal()
  }
  thread.stackSize = 512 << 10
  thread.start()
  #expect(ended.wait(timeout: .now() + 60) == .success)
  #expect(found.withLock(\.self) == expected)
}

private func gradient(of cell: some RecurrentCell) -> [Float] {
  var generator = Philox(seed: 1)
  let layer = Recurrent(cell, inputSize: 32, hiddenSize: 64, using: &generator)
  let x = Tensor(uniform: [20, 2, 32], from: -1, to: 1, using: &generator)
  return valueAndGradient(of: layer, at: [x]) { $0($1[0]).output.sum() }.inputGradients[0].scalars
}
