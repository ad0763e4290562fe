import Datasets
import Foundation
import Testing

/// The baselines and goals of tasks, measured on their samples.
@Suite struct LevelTests {
  @Test func alwaysOneHasTheAddingProblemsBaseline() {
    let task = AddingProblem(length: 20)
    let errors = draw(4_000, of: task).map { sample -> Double in
      guard case .vector(let sum) = sample.target else { return .nan }
      return pow(Double(sum[0]) - 1, 2)
    }
    // The standard error of the mean of 4000 such squares is 0.003.
    #expect(abs(mean(errors) - task.levels.baseline) < 0.012)
  }

  @Test func theSumOfTheMarkedNumbersSolvesTheAddingProblem() {
    let task = AddingProblem(length: 31)
    for sample in draw(200, of: task) {
      guard case .features(let steps) = sample.input, case .vector(let sum) = sample.target else {
        Issue.record("\(sample)")
        return
      }
      let marked = (0..<31).filter { steps[$0].last == 1 }
      #expect(marked.count == 2 && marked[0] < 15 && marked[1] >= 15)
      let found = marked.map { steps[$0].first ?? .nan }.reduce(0, +)
      #expect(task.levels.solved.isReached(by: Double((found - sum[0]) * (found - sum[0]))))
    }
  }

  /// The best guess from the current symbol and the process, without memory.
  @Test(arguments: ["reber", "embedded-reber", "dyck", "dyck:3", "echo", "idioms"])
  func theEntropyGivenTheStepsOwnSymbolIsTheBaseline(name: String) throws {
    let task = try generated(name)
    var weights: [Int: Double] = [:]
    for sample in draw(name == "echo" ? 500 : 4_000, of: task) {
      guard case .tokens(let inputs) = sample.input, case .tokens(let targets) = sample.target
      else { return }
      for (input, target) in zip(inputs, targets) where target != SampleValue.ignored {
        weights[Int(input) << 32 | Int(target), default: 0] += 1
      }
    }
    #expect(abs(conditionalEntropy(weights) - task.levels.baseline) < 0.015)
  }

  @Test func copyMemorysBaselineIsThatOfGuessingTheTenSymbols() {
    let task = CopyMemory(delay: 30)
    var guessed = 0
    for sample in draw(300, of: task) {
      guard case .tokens(let inputs) = sample.input, case .tokens(let targets) = sample.target
      else { return }
      #expect(inputs.count == 50 && targets.count == 50)
      // Blanks up to the mark, then the ten symbols from the beginning.
      let mark = inputs.firstIndex(of: 9) ?? -1
      #expect(mark == 39 && inputs.lastIndex(of: 9) == mark)
      #expect(targets[...mark].allSatisfy { $0 == 8 })
      #expect(targets[(mark + 1)...] == inputs[..<10])
      guessed += targets[(mark + 1)...].filter { (0..<8).contains($0) }.count
    }
    #expect(abs(Double(guessed) / 300 * log(8) / 50 - task.levels.baseline) < 1e-12)
  }

  /// Every asked key was told once, its value is the answer, and no answer can be guessed from others.
  @Test(arguments: [1, 16, 52]) func recalledValuesAreThoseOfTheirKeys(_ pairs: Int) {
    let task = AssociativeRecall(pairs: pairs)
    var (tallies, orders) = ([Int](repeating: 0, count: 10), Set<[Int32]>())
    for sample in draw(2_000 / pairs, of: task) {
      guard case .tokens(let read) = sample.input, case .tokens(let answers) = sample.target else {
        return
      }
      #expect(read.count == 3 * pairs && answers.count == 3 * pairs)
      #expect(answers[..<(2 * pairs)].allSatisfy { $0 == SampleValue.ignored })
      let told = stride(from: 0, to: 2 * pairs, by: 2).map { (read[$0], read[$0 + 1] - 52) }
      let values = Dictionary(uniqueKeysWithValues: told)
      #expect(values.count == pairs && values.keys.allSatisfy { (0..<52).contains($0) })
      #expect(Set(read[(2 * pairs)...]) == Set(values.keys))
      for (key, answer) in zip(read, answers).dropFirst(2 * pairs) {
        #expect(values[key] == answer)
        tallies[Int(answer)] += 1
      }
      orders.insert(read[(2 * pairs)...].map { $0 })
    }
    // 2000 answers, 200 of each digit with a standard deviation of 13.
    #expect(tallies.allSatisfy { abs($0 - 200) < 60 }, "\(tallies)")
    #expect(orders.count > 30)
    #expect(task.levels.baseline == log(10))
  }

  @Test func classesAreEquallyLikelyAndFollowFromTheInput() throws {
    let order = TemporalOrder(length: 60)
    var tallies = [0, 0, 0, 0]
    for sample in draw(4_000, of: order) {
      guard case .tokens(let ids) = sample.input, case .label(let label) = sample.target else {
        return
      }
      let symbols = ids.filter { $0 == 4 || $0 == 5 }
      #expect(symbols.count == 2 && label == 2 * (symbols[0] - 4) + symbols[1] - 4)
      tallies[Int(label)] += 1
    }
    #expect(tallies.allSatisfy { abs($0 - 1_000) < 120 }, "\(tallies)")
    #expect(order.levels.baseline == log(4))
    for sample in draw(500, of: Parity(length: 9)) {
      guard case .tokens(let bits) = sample.input, case .label(let label) = sample.target else {
        return
      }
      #expect((1...9).contains(bits.count) && Int(label) == bits.filter { $0 == 1 }.count % 2)
    }
  }

  @Test func mackeyGlassIsChaoticAndItsSolvedLevelIsATenthOfPersistence() {
    let task = MackeyGlass(length: 80, horizon: 6)
    #expect(task.levels.solved.bound == task.levels.baseline / 100)
    var (persistence, count) = (0.0, 0)
    for sample in draw(150, of: task) {
      guard case .features(let inputs) = sample.input, case .features(let targets) = sample.target
      else { return }
      #expect(inputs.count == 80 && targets.count == 80)
      for step in 0..<80 {
        guard let now = inputs[step].first, let later = targets[step].first else { return }
        #expect(later.isNaN == (step < MackeyGlass.warmUp))
        // The answer is the input of six steps later.
        if step >= MackeyGlass.warmUp && step + 6 < 80 { #expect(inputs[step + 6].first == later) }
        if !later.isNaN {
          persistence += Double((later - now) * (later - now))
          count += 1
        }
        // Known bounds of the attractor: 0.2 < x < 1.4.
        #expect((0.2..<1.4).contains(0.93 + 0.23 * Double(now)))
      }
    }
    let ratio = persistence / Double(count) / task.levels.baseline
    #expect(abs(ratio - 1) < 0.05, "\(ratio)")
  }

  @Test func theBestLineThroughANoisySineHasTheBaselinesErrorAndTwoValuesDoBetter() {
    let task = NoisySines(length: 60)
    var rows: [(previous: Double, now: Double, next: Double)] = []
    for sample in draw(1_500, of: task) {
      guard case .features(let inputs) = sample.input, case .features(let targets) = sample.target
      else { return }
      for step in NoisySines.warmUp..<60 {
        guard let previous = inputs[step - 1].first, let now = inputs[step].first,
          let next = targets[step].first
        else { return }
        rows.append((Double(previous), Double(now), Double(next)))
      }
    }
    let slope =
      rows.map { $0.now * $0.next }.reduce(0, +) / rows.map { $0.now * $0.now }.reduce(0, +)
    let line = mean(rows.map { pow($0.next - slope * $0.now, 2) })
    #expect(abs(line / task.levels.baseline - 1) < 0.04, "\(line)")
    // Memory of one more step, without knowledge of the period, is already much better.
    let two = mean(rows.map { pow($0.next - (1.9 * $0.now - $0.previous), 2) })
    #expect(two < line * 0.9 && task.levels.solved.bound > NoisySines.noise * NoisySines.noise)
  }

  @Test(arguments: ["sorting", "reversing", "sorting:5", "reversing:4"])
  func rearrangedLettersHaveTheEntropyOfTheirPlaces(name: String) throws {
    let task = try generated(name)
    var weights: [Int: Double] = [:]
    var symbols = 0
    for sample in draw(8_000, of: task) {
      guard case .tokens(let read) = sample.input, case .tokens(let written) = sample.target
      else { return }
      #expect(written == (name.hasPrefix("sorting") ? read.sorted() : read.reversed()))
      symbols += written.count + 1
      for (place, letter) in written.enumerated() {
        weights[(place * 1000 + written.count) << 32 | Int(letter), default: 0] += 1
      }
    }
    let letters = weights.values.reduce(0, +)
    let entropy = conditionalEntropy(weights) * letters / Double(symbols)
    #expect(abs(entropy - task.levels.baseline) < 0.015, "\(entropy)")
  }

  /// A reader that knows the unit, and looks at the mean of each unit, reads every message; letters are uniform.
  @Test func keyedLettersCanBeReadAndAreUniform() throws {
    let task = MorseCode()
    let codes = [
      "a": ".-", "b": "-...", "c": "-.-.", "d": "-..", "e": ".", "f": "..-.", "g": "--.",
      "h": "....", "i": "..", "j": ".---", "k": "-.-", "l": ".-..", "m": "--", "n": "-.",
      "o": "---", "p": ".--.", "q": "--.-", "r": ".-.", "s": "...", "t": "-", "u": "..-",
      "v": "...-", "w": ".--", "x": "-..-", "y": "-.--", "z": "--..",
    ]
    let letters = Dictionary(uniqueKeysWithValues: codes.map { ($0.value, $0.key) })
    func read(_ values: [Float], unit: Int) -> String? {
      let units = stride(from: 0, to: values.count - unit + 1, by: unit).map { start in
        values[start..<start + unit].reduce(0, +) / Float(unit) > 0.5
      }
      let keyed = String(units.map { $0 ? "1" : "0" })
      let words = (keyed + "00").replacingOccurrences(of: "000", with: " ").split(separator: " ")
      let read = words.map { word in
        let marks = word.split(separator: "0").map { $0.count == 3 ? "-" : "." }
        return letters[marks.joined()]
      }
      return read.contains(nil) ? nil : read.compactMap(\.self).joined()
    }
    var (counts, right, all) = ([Int32: Int](), 0, 0)
    for sample in draw(2_000, of: task) {
      guard case .features(let steps) = sample.input, case .tokens(let ids) = sample.target else {
        return
      }
      for id in ids { counts[id, default: 0] += 1 }
      let message = String(ids.map { Character(UnicodeScalar(UInt8(97 + $0))) })
      all += 1
      right += [1, 2].contains { read(steps.values, unit: $0) == message } ? 1 : 0
    }
    // One step in 160 is on the other side of a half where a unit is one step: 2.5 standard deviations.
    #expect(Double(right) / Double(all) >= 0.8 && counts.count == 26)
    let symbols = counts.values.reduce(0, +)
    #expect(counts.values.allSatisfy { abs(Double($0) / Double(symbols) - 1 / 26) < 0.01 })
    let nats = log(26) * Double(symbols) / Double(symbols + all)
    #expect(abs(nats - task.levels.baseline) < 0.02)
  }

  @Test func aLeftToRightTaggerCannotSolveTheIdioms() {
    let task = Idioms()
    // The best guess given all words so far, from counts over many samples.
    var counts: [[Int32]: [Int32: Int]] = [:]
    var both: [[Int32]: Set<[Int32]>] = [:]
    for sample in draw(8_000, of: task) {
      guard case .tokens(let words) = sample.input, case .tokens(let tags) = sample.target else {
        return
      }
      both[words, default: []].insert(tags)
      for end in words.indices {
        counts[Array(words[...end]), default: [:]][tags[end], default: 0] += 1
      }
    }
    let all = counts.values.flatMap(\.values).reduce(0, +)
    let right = counts.values.compactMap { $0.values.max() }.reduce(0, +)
    #expect(abs(Double(right) / Double(all) - Idioms.leftToRightAccuracy) < 0.02)
    #expect(Idioms.leftToRightAccuracy < task.levels.solved.bound)
    // The whole sentence determines the tags.
    #expect(both.values.allSatisfy { $0.count == 1 })
  }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// The conditional entropy of the second symbol given the first, from weights of pairs `first << 32 | second`.
private func conditionalEntropy(_ weights: [Int: Double]) -> Double {
  let totals = Dictionary(grouping: weights, by: { $0.key >> 32 }).mapValues {
    $0.map(\.value).reduce(0, +)
  }
  let all = totals.values.reduce(0, +)
  return weights.reduce(0) { $0 - $1.value / all * log($1.value / (totals[$1.key >> 32] ?? 0)) }
}

func draw(_ count: Int, of task: any GeneratedTask, seed: UInt64 = 11) -> [Sample] {
  var generator = SplitMix64(seed: seed)
  return (0..<count).map { _ in task.sample(using: &generator) }
}

func generated(_ name: String) throws -> any GeneratedTask {
  try #require(try DatasetRegistry.standard.dataset(name) as? any GeneratedTask)
}
