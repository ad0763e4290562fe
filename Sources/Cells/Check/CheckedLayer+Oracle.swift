import TensorCore

extension CheckedLayer {
  /// The plan against the oracle, and both against themselves.
  func checkValuesAndGradients(_ report: inout GradientReport) {
    let (results, gradients) = throughTime()
    let zeros = differentiated.map { [Double](repeating: 0, count: $0.value.count) }
    let expected = run(along: zeros)
    let names = ["outputs"] + initial.names.map { "state \($0)" }
    report.compare("values: plan and oracle", within: Self.planTolerance) {
      for (index, name) in names.enumerated() {
        $0(name, results[index].doubles, expected[index].map(\.value))
      }
    }
    let exact = realTimeGradients()
    report.compare("gradients: plan and oracle", within: Self.planTolerance) {
      for (name, gradient) in exact { $0(name, gradients[name]?.doubles ?? [], gradient) }
    }
    checkAlongADirection(&report, exact, inputGradient: gradients["input"]?.doubles ?? [])
    let online = inRealTime()
    report.compare("gradients: plan in real time and through time", within: Self.realTimeTolerance)
    {
      for (name, _) in exact {
        $0(name, online[name]?.doubles ?? [], gradients[name]?.doubles ?? [])
      }
    }
  }

  /// The gradients along a random direction, which the oracle's dual numbers follow: the plan's by the input, and the
  /// oracle's own by everything.
  private func checkAlongADirection(
    _ report: inout GradientReport, _ exact: [(name: String, gradient: [Double])],
    inputGradient: [Double]
  ) {
    let zeros = differentiated.map { [Double](repeating: 0, count: $0.value.count) }
    let direction = directions(seed: 1)
    report.compare("gradients: plan and oracle, input", within: Self.planTolerance) {
      let place = differentiated.count - 1
      let alone = zeros.dropLast() + [direction[place]]
      let parts = zip(inputGradient, direction[place]).map { $0 * $1 }
      let scale = parts.reduce(1e-3) { max($0, abs($1)) }
      let expected = loss(run(along: Array(alone)), \.derivative)
      $0("input", [parts.reduce(0, +) / scale], [expected / scale])
    }
    report.compare("gradients: oracle and differences", within: Self.differenceTolerance) {
      let step = 1e-6
      // A clock that is compared with whole numbers has derivative zero almost everywhere, but differences may
      // cross a jump.
      let still = Set(exact.filter { $0.gradient.allSatisfy { $0 == 0 } }.map(\.name))
      let moved = direction.enumerated().map { index, direction in
        let name = differentiated[index].name
        return name.hasPrefix("initial") && still.contains(name) ? zeros[index] : direction
      }
      let ahead = loss(run(along: zeros, moved: moved, by: step), \.value)
      let behind = loss(run(along: zeros, moved: moved, by: -step), \.value)
      let slope = loss(run(along: direction), \.derivative)
      $0("a random direction", [(ahead - behind) / (2 * step)], [slope])
    }
    report.compare(
      "gradients: oracle in real time and through time", within: Self.oracleTolerance
    ) {
      let alone = direction.dropLast() + [zeros[zeros.count - 1]]
      let parts = zip(exact, direction).flatMap { zip($0.gradient, $1).map { $0 * $1 } }
      let scale = parts.reduce(1e-3) { max($0, abs($1)) }
      let expected = loss(run(along: Array(alone)), \.derivative)
      $0("a random direction", [parts.reduce(0, +) / scale], [expected / scale])
    }
  }

  /// The tensors that the loss is differentiated by: parameters, initial states, the input.
  private var differentiated: [(name: String, value: Tensor)] { parameters }

  /// A direction for everything that the loss is differentiated by.
  private func directions(seed: UInt64) -> [[Double]] {
    var generator = Philox(seed: seed, stream: 12)
    return differentiated.map { _, value in
      (0..<value.count).map { _ in Double.random(in: -1...1, using: &generator) }
    }
  }

  private func loss(_ results: [[Dual]], _ part: KeyPath<Dual, Double>) -> Double {
    zip(results[0], weights.doubles).reduce(0) { $0 + $1.0[keyPath: part] * $1.1 }
  }

  /// The oracle's outputs `[T, B, outputSize]` and final states `[B, width]`, differentiated along a
  /// direction, with everything moved along another one.
  private func run(
    along direction: [[Double]], moved: [[Double]]? = nil, by step: Double = 0
  ) -> [[Dual]] {
    let values = differentiated.indices.map { index in
      let numbers = differentiated[index].value.doubles
      return numbers.indices.map { place in
        Dual(
          numbers[place] + (moved.map { $0[index][place] * step } ?? 0),
          derivative: direction[index][place])
      }
    }
    let cell = layer.cell
    let (count, size) = (cell.parameters.count, cell.outputSize)
    let oracle = Oracle(cell, parameters: Array(values[..<count]))
    let none = Dual(0)
    var outputs = [Dual](repeating: none, count: Self.steps * Self.batch * size)
    var finals: [[Dual]] = cell.states.map { _ in [] }
    for sample in 0..<Self.batch {
      let result = oracle.run(
        (0..<Self.steps).map {
          [
            row(
              $0 * Self.batch + sample, of: values[values.count - 1],
              count: Self.steps * Self.batch)
          ]
        },
        from: cell.states.indices.map { row(sample, of: values[count + $0], count: Self.batch) })
      for (step, output) in result.outputs.enumerated() {
        let start = (step * Self.batch + sample) * size
        outputs.replaceSubrange(start..<start + size, with: output)
      }
      for index in finals.indices { finals[index] += result.states[index] }
    }
    return [outputs] + finals
  }

  /// One row of an array.
  private func row<Element>(_ row: Int, of elements: [Element], count: Int) -> [Element] {
    let width = elements.count / count
    return Array(elements[row * width..<(row + 1) * width])
  }

  /// The oracle's gradients by each parameter and initial state, by real-time recurrent learning.
  private func realTimeGradients() -> [(name: String, gradient: [Double])] {
    let cell = layer.cell
    let own = differentiated.dropLast()
    let oracle = Oracle(
      cell, parameters: own.prefix(cell.parameters.count).map { $0.value.doubles.map { Dual($0) } })
    var sums = own.prefix(cell.parameters.count).flatMap { _, value in
      [Double](repeating: 0, count: value.count)
    }
    var initials = cell.states.map { _ in [Double]() }
    for sample in 0..<Self.batch {
      func rows(_ tensor: Tensor) -> [[Double]] {
        (0..<Self.steps).map { tensor.at($0).at(sample).doubles }
      }
      let (result, _) = oracle.realTimeGradient(
        rows(input).map { [$0] },
        from: cell.states.map { initial[$0.name].at(0).at(sample).doubles }, weights: rows(weights))
      sums = zip(sums, result.parameters).map { $0 + $1 }
      var rest = result.initialStates[...]
      for (index, state) in cell.states.enumerated() {
        initials[index] += rest.prefix(state.width)
        rest = rest.dropFirst(state.width)
      }
    }
    var rest = sums[...]
    return own.enumerated().map { index, parameter in
      if index >= cell.parameters.count {
        return (parameter.name, initials[index - cell.parameters.count])
      }
      defer { rest = rest.dropFirst(parameter.value.count) }
      return (parameter.name, Array(rest.prefix(parameter.value.count)))
    }
  }
}

extension GradientReport {
  /// Adds a check of the largest difference among several pairs.
  mutating func compare(
    _ name: String, within tolerance: Double,
    _ pairs: ((_ place: String, _ found: [Double], _ expected: [Double]) -> Void) -> Void
  ) {
    var (worst, where_) = (0.0, "")
    pairs { place, found, expected in
      let error = relativeError(found, expected)
      if error >= worst { (worst, where_) = (error, place) }
    }
    checks.append(Check(name: name, error: worst, tolerance: tolerance, place: where_))
  }
}
