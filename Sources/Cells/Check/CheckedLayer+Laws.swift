import TensorCore

extension CheckedLayer {
  /// What holds for every cell, to the bit.
  func checkLaws(_ report: inout GradientReport) {
    report.expect("every parameter has a gradient", withoutGradient())
    report.expect("a call without a state starts from the zero state", noStateAndZeroState())
    report.expect("a sequence in two parts is the sequence in one", carriedState())
    report.expect("padding changes no output", paddedRows())
  }

  /// The blocks of parameters that the loss does not depend on, at any phase of a clock.
  private func withoutGradient() -> [String] {
    let gradients = throughTime().gradients
    var early = self
    for name in initial.names
    where gradients["initial \(name)"]?.scalars.contains(where: { $0 != 0 }) != true {
      early.initial[name] = Tensor(zeros: initial[name].shape)
    }
    let others = early.withoutGradient(in: early.throughTime().gradients)
    return withoutGradient(in: gradients).filter(others.contains)
  }

  private func withoutGradient(in gradients: Gradients) -> [String] {
    layer.cell.parameters.flatMap { parameter in
      let gradient = gradients[parameter.name + "_l0"]?.scalars ?? []
      let width = gradient.count / max(1, parameter.shape[0])
      return parameter.blocks.filter { block in
        !gradient[block.range.lowerBound * width..<block.range.upperBound * width].contains {
          $0 != 0
        }
      }.map { $0.name.isEmpty ? parameter.name : "\(parameter.name).\($0.name)" }
    }
  }

  private func noStateAndZeroState() -> [String] {
    let (output, state) = layer(input)
    let (other, otherState) = layer(input, from: layer.zeroState(batch: Self.batch))
    return differences([output] + state.tensors, [other] + otherState.tensors)
  }

  private func carriedState() -> [String] {
    let (whole, last) = layer(input, from: initial)
    let (first, between) = layer(input.slice(0..<1), from: initial)
    let (second, end) = layer(input.slice(1..<Self.steps), from: between)
    return differences([whole] + last.tensors, [concatenate([first, second])] + end.tensors)
  }

  private func paddedRows() -> [String] {
    let lengths = [Self.steps, 2]
    let (output, state) = layer(input, from: initial, lengths: lengths)
    return lengths.enumerated().flatMap { row, length in
      var start = initial
      for name in start.names { start[name] = initial[name].slice(row..<row + 1, along: 1) }
      let own = input.slice(row..<row + 1, along: 1).slice(0..<length)
      let (alone, end) = layer(own, from: start)
      let found = output.slice(row..<row + 1, along: 1).slice(0..<length)
      let ends = state.tensors.map { $0.slice(row..<row + 1, along: 1) }
      return differences([found] + ends, [alone] + end.tensors)
    }
  }

  /// The names of those results that are not the same to the bit.
  private func differences(_ a: [Tensor], _ b: [Tensor]) -> [String] {
    let names = ["output"] + initial.names.map { "state \($0)" }
    return zip(names, zip(a, b)).filter { $1.0.scalars != $1.1.scalars }.map(\.0)
  }
}

extension GradientReport {
  /// Adds a law, which holds where there are no exceptions.
  mutating func expect(_ name: String, _ exceptions: [String]) {
    checks.append(
      Check(
        name: name, error: Double(exceptions.count), tolerance: 0,
        place: exceptions.joined(separator: ", ")))
  }
}
