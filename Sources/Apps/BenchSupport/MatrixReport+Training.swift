import Cells
import FileCore
import TensorCore

extension MatrixReport {
  /// Forward and backward passes, with gradients of all inputs: their time, their peak memory, and how much of it is not the
  /// output, its cotangent and the inputs' gradients.
  static func training(seconds: Double) -> TextTable {
    var table = TextTable([
      "forward and backward", "milliseconds", "on one thread", "matrices of all steps",
      "peak memory", "without results",
    ])
    for isDeltaRule in [false, true] {
      let cell = Recurrence(isDeltaRule: isDeltaRule)
      let x = input(cell)
      let layer = Recurrent(cell, inputSize: cell.inputSize, hiddenSize: Recurrence.units)
      func run() { _ = valueAndGradient(of: [x]) { layer($0[0]).output.sum() } }
      run()
      let output = steps * batch * Recurrence.units
      let peak = memory(of: run)
      let threads = ThreadTeam.count
      let all = fastest(seconds: seconds / 4, run)
      ThreadTeam.count = 1
      let one = fastest(seconds: seconds / 4, run)
      ThreadTeam.count = threads
      table.add([
        cell.title, (1e3 * all).text(2), (1e3 * one).text(2),
        mebibytes(bytes(output * Recurrence.size)), mebibytes(peak),
        mebibytes(peak - bytes(2 * output + x.count)),
      ])
    }
    return table
  }

  private static func bytes(_ floats: Int) -> Int { floats * MemoryLayout<Float>.stride }

  private static func mebibytes(_ bytes: Int) -> String {
    (Double(bytes) / 1_048_576).text(1) + " MiB"
  }

  /// The bytes by which the peak memory of a run is above what there was before it.
  private static func memory(of run: () -> Void) -> Int {
    MemoryPool.clear()
    PeakMemory.reset()
    let before = PeakMemory.bytes
    run()
    return PeakMemory.bytes - before
  }
}
