import Datasets
import TensorCore

/// Strands of DNA with a label: does the start codon come before the stop codon?
struct Strands: Dataset {
  /// The number of codons in a strand.
  var codons = 16

  var name: String { "strands" }

  func read() -> TaskSamples {
    TaskSamples(
      input: .text(CodonTokenizer()), target: .label(Vocabulary(["no gene", "gene"])),
      training: StrandSource(codons: codons, count: 20_000, seed: 1),
      validation: StrandSource(codons: codons, count: 500, seed: 2))
  }
}

/// Generates strands: each depends only on its index, so nothing is stored, and a saved index is enough to resume.
struct StrandSource: SampleSource {
  let codons: Int
  let total: Int
  let seed: UInt64

  init(codons: Int, count: Int, seed: UInt64) {
    self.codons = codons
    total = count
    self.seed = seed
  }

  var count: Int? { total }

  func samples(from place: inout SamplePlace, limit: Int) -> [Sample] {
    let end = min(total, place.index + limit)
    guard place.index < end else { return [] }
    defer { place.index = end }
    return (place.index..<end).map { sample($0) }
  }

  private func sample(_ number: Int) -> Sample {
    var generator = Philox(seed: seed << 32 | UInt64(number))
    var strand = (0..<codons).map { _ in
      String((0..<3).map { _ in "ACGT".randomElement(using: &generator) ?? "A" })
    }
    // Every strand has both codons; their order decides the label.
    let places = Array((0..<codons).shuffled(using: &generator).prefix(2))
    strand[places[0]] = "ATG"
    strand[places[1]] = ["TAA", "TAG", "TGA"].randomElement(using: &generator) ?? "TAA"
    let start = strand.firstIndex(of: "ATG") ?? codons
    let isGene = strand[start...].contains { ["TAA", "TAG", "TGA"].contains($0) }
    return Sample(.tokens(CodonTokenizer().encode(strand.joined())), .label(isGene ? 1 : 0))
  }
}
