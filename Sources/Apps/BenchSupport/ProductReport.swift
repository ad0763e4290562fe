import Cells
import FileCore
import Models
import TensorCore

/// Measures the matrix products of one layer's training step, each on its own.
public struct ProductReport {
  /// A product y [m, n] = x [m, k] w [k, n] and its count in a training step.
  struct Product: Hashable {
    var title: String
    var m, n, k: Int
    var count: Int
    /// Whether it is a weight gradient: a product over all samples and steps, without packed weights.
    var isGathered = false

    var operations: Double { 2 * Double(m) * Double(n) * Double(k) }
  }

  /// The products and their speed.
  public let text: String

  /// Measures the products for about `seconds` in all.
  public init(_ benchmark: BenchmarkCase, seconds: Double) throws {
    let cell = CellGraph(
      try benchmark.namedCell(), inputSize: benchmark.inputSize,
      hiddenSize: benchmark.hiddenSize)
    let threads = ThreadTeam.count
    let products = Self.products(
      of: Plan(cell, learns: true), steps: benchmark.steps, batch: benchmark.batch)
    let peak = Peak.multiplyAdd(threads: threads)
    var table = TextTable(["product", "rows", "columns", "sum over", "times", "GFLOP/s", "of peak"])
    var (operations, time) = (0.0, 0.0)
    for product in products {
      let once = product.time(threads: threads, seconds: seconds / Double(products.count))
      operations += product.operations * Double(product.count)
      time += once * Double(product.count)
      let rate = product.operations / once
      table.add([
        product.title, "\(product.m)", "\(product.n)", "\(product.k)", "\(product.count)",
        (1e-9 * rate).text(1), (100 * rate / peak).text(0) + "%",
      ])
    }
    table.add([
      "all of them", "", "", "", "", (1e-9 * operations / time).text(1),
      (100 * operations / time / peak).text(0) + "%",
    ])
    text =
      "\(benchmark.sizes); \(Machine.current.line); \(threads) threads; "
      + "float32 multiply-add at most \((peak * 1e-9).text(0)) GFLOP/s\n\n\(table.text)"
  }

  private static func products(of plan: Plan, steps: Int, batch: Int) -> [Product] {
    let backward = plan.backward?.schedule
    return [("forward", plan.forward), ("backward", backward)].flatMap { name, schedule in
      guard let schedule else { return [Product]() }
      let all = steps * batch
      return schedule.before.compactMap {
        product($0, schedule, "\(name), all steps", rows: all, count: 1)
      }
        + schedule.loop.compactMap {
          product($0, schedule, "\(name), each step", rows: batch, count: steps)
        }
        + schedule.after.compactMap {
          product($0, schedule, "\(name), all steps", rows: all, count: 1)
        }
        + schedule.sums.compactMap { sum -> Product? in
          guard case .outer(let a, let b, _) = sum else { return nil }
          return Product(
            title: "gradient of weights", m: a.columns, n: b.columns, k: all, count: 1,
            isGathered: true)
        }
    }
  }

  private static func product(
    _ step: Step, _ schedule: Schedule, _ title: String, rows: Int, count: Int
  ) -> Product? {
    guard case .product(let product) = step else { return nil }
    let packing = schedule.packings[product.weight]
    return Product(title: title, m: rows, n: packing.n, k: packing.k, count: count)
  }
}

extension ProductReport.Product {
  /// The time of one product in seconds, with rows split over threads; the best of several runs.
  fileprivate func time(threads: Int, seconds: Double) -> Double {
    var generator = Philox(seed: 1)
    // The left operand of a gradient is stored sample by sample, so it is transposed in memory.
    let x = Tensor(normal: [m * k], using: &generator)
    let w = Tensor(normal: [k, n], using: &generator)
    let cuts = (0...threads).map { $0 * m / threads }
    let right = StridedMatrix(w.elements, rows: k, columns: n)
    let stored = StridedMatrix(
      x.elements, rows: isGathered ? k : m, columns: isGathered ? m : k)
    let left = isGathered ? stored.transposed : stored
    let packed = PackedMatrix(right, precision: .highest)
    // Each thread writes its own rows.
    let result = Tensor(zeros: [m, n]).elements
    var (spent, best) = (0.0, Double.infinity)
    while spent < seconds {
      let once = timed {
        ThreadTeam.run(parts: threads) { part in
          let rows = left.rows(cuts[part]..<cuts[part + 1])
          let target = result + cuts[part] * n
          if isGathered {
            matrixProduct(rows, right, into: target, stride: n, precision: .highest)
          } else {
            packed.multiply(rows, into: target, stride: n)
          }
        }
      }
      spent += once
      best = min(best, once)
    }
    return best
  }
}
