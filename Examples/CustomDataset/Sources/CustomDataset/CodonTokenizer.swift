import Datasets

/// Splits a strand of DNA into codons of three letters, as a cell does: one token for each codon.
///
/// Letters left over at the end are single tokens, so that decoding restores every strand; any character other than the
/// four letters becomes `?`.
struct CodonTokenizer: Tokenizer {
  static let kind = "codons"

  private static let letters: [Character] = ["A", "C", "G", "T"]

  let vocabulary: [String] = {
    let codons = letters.flatMap { first in
      letters.flatMap { second in letters.map { third in String([first, second, third]) } }
    }
    return codons + letters.map { String($0) } + ["?"]
  }()

  var unknown: Int32? { Int32(vocabulary.count - 1) }

  func encode(_ text: String) -> [Int32] {
    let strand = Array(text)
    var tokens: [Int32] = []
    var place = 0
    while place < strand.count {
      let codon = String(strand[place..<min(place + 3, strand.count)])
      if codon.count == 3, let id = vocabulary.firstIndex(of: codon) {
        tokens.append(Int32(id))
        place += 3
      } else {
        tokens.append(
          Int32(vocabulary.firstIndex(of: String(strand[place])) ?? vocabulary.count - 1))
        place += 1
      }
    }
    return tokens
  }

  func utf8(of token: Int32) -> [UInt8] { Array(vocabulary[Int(token)].utf8) }

  init() {}

  // There is nothing to save: the vocabulary is fixed.
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws {
    _ = encoder.container(keyedBy: NoKeys.self)
  }
  private enum NoKeys: CodingKey {}
}
