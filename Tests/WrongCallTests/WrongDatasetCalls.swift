import Datasets

extension WrongCall {
  static let datasets = samples + batches + tokenizers + tasks

  private static let pair = FeatureSequence([1, 2, 3, 4, 5, 6], width: 2)

  private static let samples = [
    WrongCall("values that are no steps", "5 values", "steps of 2") {
      _ = FeatureSequence([1, 2, 3, 4, 5], width: 2)
    },
    WrongCall("steps of no features", "steps of 0") { _ = FeatureSequence([], width: 0) },
    WrongCall("step outside", "0..<3", "3") { _ = pair[3] },
    WrongCall("steps outside", "0..<3", "2..<5") { _ = pair[2..<5] },
    WrongCall("name twice", "2", "3") { _ = Vocabulary(["a", "b", "a"]) },
    WrongCall("id without a name", "0..<2", "2") { _ = Vocabulary(["a", "b"]).name(of: 2) },
    WrongCall("negative id", "0..<2", "-1") { _ = Vocabulary(["a", "b"]).name(of: -1) },
    WrongCall("sample outside", "0..<0", "0") { _ = ArraySamples([]).sample(at: 0) },
    WrongCall("part of every sample", "above 1", "1") {
      _ = PartSamples(.rest, of: ArraySamples([]), period: 1)
    },
    WrongCall("negative number of samples", "-1") {
      _ = GeneratedSamples(AddingProblem(), count: -1, seed: 1)
    },
    WrongCall("drawn sample outside", "0..<2", "2") {
      _ = GeneratedSamples(AddingProblem(), count: 2, seed: 1).sample(at: 2)
    },
  ]

  private static let batches = [
    WrongCall("batch of nothing to pad", "none") { _ = SampleBatch(padding: []) },
    WrongCall("batch of different kinds", "different kinds", "label") {
      _ = SampleBatch(padding: [
        Sample(.tokens([1]), .label(0)), Sample(.label(1), .label(0)),
      ])
    },
    WrongCall("batch of different widths", "width 2", "3") {
      _ = PaddedFeatures([pair, FeatureSequence([1, 2, 3], width: 3)])
    },
    WrongCall("batches of no samples", "batches of 0") { _ = PaddingCollator(batchSize: 0) },
    WrongCall("pools of no batches", "pools of 0") {
      _ = PaddingCollator(batchSize: 1, bucketPool: 0)
    },
    WrongCall("windows of no steps", "one step", "0") {
      _ = WindowCollator(length: 0, PaddingCollator(batchSize: 1))
    },
    WrongCall("windows of no rows", "0") { _ = Windows(batchSize: 0, sequenceLength: 5) },
    WrongCall("windows of no tokens", "0") { _ = Windows(batchSize: 2, sequenceLength: 0) },
    WrongCall("windows before the beginning", "-1") {
      _ = Windows(batchSize: 2, sequenceLength: 5, offset: -1)
    },
    WrongCall("batch after the last", "0..<", "99") {
      let windows = Windows(batchSize: 1, sequenceLength: 2, offset: 0)
      _ = try WindowEpoch([1, 2, 3, 4, 5], windows: windows, seed: 1, number: 0)[99]
    },
    WrongCall("row outside of a batch", "0..<1", "4") {
      let windows = Windows(batchSize: 1, sequenceLength: 2, offset: 0)
      _ = try WindowEpoch([1, 2, 3, 4, 5], windows: windows, seed: 1, number: 0)
        .start(of: 4, in: 0)
    },
  ]

  private static let tokenizers = [
    WrongCall("character token outside", "0..<3", "3") {
      _ = CharacterTokenizer("ab").utf8(of: 3)
    },
    WrongCall("byte token outside", "0..<256", "256") { _ = ByteTokenizer().utf8(of: 256) },
    WrongCall("word token outside", "0..<", "-1") {
      _ = WordTokenizer("a b", vocabularySize: 10).decode([-1])
    },
    WrongCall("character twice", "1", "2") { _ = CharacterTokenizer(characters: ["a", "a"]) },
    WrongCall("word twice", "1", "2") { _ = WordTokenizer(words: ["a", "a"]) },
    WrongCall("no room for special words", "2", "1") {
      _ = WordTokenizer("a", vocabularySize: 1, special: ["x", "y"])
    },
    WrongCall("no room for bytes", "256", "10") {
      _ = BytePairTokenizer(training: "a", vocabularySize: 10)
    },
    WrongCall("no room for separated words", "2", "1") {
      _ = SeparatedTokenizer("a", vocabularySize: 1)
    },
    WrongCall("special token of no name", "empty") { _ = SpecialTokens([""], firstID: 0) },
    WrongCall("special token twice", "x twice") { _ = SpecialTokens(["x", "x"], firstID: 0) },
    WrongCall("tokenizer of no name", "character", "none such") {
      _ = try Tokenization(named: "none such")
    },
  ]

  private static let tasks = [
    WrongCall("adding up one number", "2 or more", "1") { _ = AddingProblem(length: 1) },
    WrongCall("no delay", "positive", "0") { _ = CopyMemory(delay: 0) },
    WrongCall("no pairs", "1 to 52", "0") { _ = AssociativeRecall(pairs: 0) },
    WrongCall("more pairs than keys", "1 to 52", "53") { _ = AssociativeRecall(pairs: 53) },
    WrongCall("echo after the end", "10 steps", "10") { _ = DelayedEcho(delay: 10, length: 10) },
    WrongCall("parity of no bits", "positive", "0") { _ = Parity(length: 0) },
    WrongCall("order of too few steps", "10 or more", "9") { _ = TemporalOrder(length: 9) },
    WrongCall("no kinds of brackets", "1 to 4", "0") { _ = DyckLanguage(kinds: 0) },
    WrongCall("brackets of no depth", "positive", "0") { _ = DyckLanguage(depth: 0) },
    WrongCall("no letters", "positive", "0") { _ = Rearranging(.reversing, length: 0) },
    WrongCall("too short a series", "more than", "1") { _ = MackeyGlass(length: 1) },
    WrongCall("too short waves", "more than", "1") { _ = NoisySines(length: 1) },
    WrongCall("tales of no characters", "positive", "0") { _ = Tales(characters: 0) },
    WrongCall("no tokens of a book", "positive", "0") { _ = TimeMachine(path: "x", maxTokens: 0) },
    WrongCall("dataset of no name", "copy", "none such") {
      _ = try DatasetRegistry.standard.dataset("none such")
    },
  ]
}
