import Checkpoint
import FileCore
import Testing

private struct Layer: Codable, Equatable {
  var cell: String
  var hiddenSize: Int
  var dropout: Double?
}

private enum Unit: String, Codable { case step, epoch }

private struct Configuration: Codable, Equatable {
  var layers: [Layer]
  var rates: [String: Float]
  var seed: UInt64
  var offset: Int8
  var tied: Bool
  var unit: Unit
  var nested: [[Int]]
  var note: String?

  static let sample = Configuration(
    layers: [
      Layer(cell: "lstm", hiddenSize: 128), Layer(cell: "gru", hiddenSize: 64, dropout: 0.1),
    ],
    rates: ["start": 1e-3, "end": 0.1, "smallest": .leastNonzeroMagnitude], seed: .max,
    offset: -128,
    tied: true, unit: .epoch, nested: [[1], [], [2, 3]], note: "tab\t quote\" déjà \u{1}🙂")
}

struct JSONTests {
  private func reader(_ text: String) throws -> CheckpointReader {
    try reader(Array(text.utf8))
  }

  private func reader(_ text: [UInt8]) throws -> CheckpointReader {
    try CheckpointReader(bytes: CraftedFile(.json(text)).bytes, name: "crafted")
  }

  /// So a text within a reader's limit is still within it when it is written again.
  @Test(arguments: [
    #""\b\f\n\r\t\\\"\u0001""#, #"{"\f\b":"\u000c\u0008\u001f"}"#, #"[1.50e+3,"\/\u00e9"]"#,
  ])
  func whatIsReadIsWrittenNoLonger(_ text: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8), maximumDepth: 4)
    #expect(value.text.utf8.count <= text.utf8.count)
    #expect(try JSONValue(parsing: Array(value.text.utf8), maximumDepth: 4) == value)
  }

  @Test func configurationsComeBackEqual() throws {
    var checkpoint = Checkpoint()
    try checkpoint.setJSON(Configuration.sample, .configuration, "model")
    let reader = try CheckpointReader(bytes: checkpoint.encoded())
    #expect(
      try reader.json(Configuration.self, .configuration, "model") == Configuration.sample)
    #expect(try reader.json(.configuration, "model").text == Configuration.text)
  }

  @Test func numbersKeepEveryBit() throws {
    var generator = SplitMix(6)
    for _ in 0..<2000 {
      let (double, float) = (
        Double(bitPattern: generator.next()),
        Float(bitPattern: UInt32.random(in: 0 ... .max, using: &generator))
      )
      guard double.isFinite, float.isFinite else { continue }
      let value = try JSONValue(encoding: [double])
      #expect(try value.decoded(as: [Double].self)[0].bitPattern == double.bitPattern)
      #expect(
        try JSONValue(encoding: float).decoded(as: Float.self).bitPattern == float.bitPattern)
    }
    let edges: [Int64] = [.min, -1, 0, .max]
    #expect(try JSONValue(encoding: edges).decoded(as: [Int64].self) == edges)
  }

  /// Every one is refused by rule 25, at this byte.
  @Test(arguments: [
    ("", 0), ("{", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\":1,}", 7), ("{\"a\" 1}", 5), ("{a:1}", 1),
    ("{\"a\":1,\"a\":2}", 7), ("{\"\\u0061\":1,\"a\":2}", 12), ("NaN", 0), ("Infinity", 0),
    ("-Infinity", 1), ("nul", 0), ("true false", 5), ("01", 1), ("+1", 0), (".5", 0), ("1.", 2),
    ("1e", 2), ("-", 1), ("0x10", 1), ("'a'", 0), ("\"a", 0), ("\"\\x\"", 1), ("\"\\u12g4\"", 5),
    ("\"\\ud800\"", 1), ("\"\\ud800\\u0041\"", 1), ("\"\\udc00\"", 1), ("\"\t\"", 1),
    ("/* */ 1", 0), ("1 // one", 2), ("[1]]", 3), ("\u{FEFF}1", 0),
  ])
  func refusesWhatIsNotStrictJSON(text: String, offset: Int) throws {
    let reader = try reader(text)
    let error = #expect(throws: CheckpointError.self) { try reader.verify() }
    guard case .configMalformed(let key, let found, _) = error?.problem else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(key == .init(.configuration, "w") && found == offset)
  }

  @Test func refusesStringsThatAreNotUTF8() throws {
    for bytes in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3]] {
      let reader = try reader([0x22] + bytes.map { UInt8($0) } + [0x22])
      let error = #expect(throws: CheckpointError.self) { try reader.verify() }
      #expect(
        error?.problem
          == .configMalformed(
            .init(.configuration, "w"), at: 0, reason: "string is not UTF-8"))
    }
  }

  @Test func nestingIsLimited() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    try reader(nested(32)).verify()
    #expect(throws: CheckpointError.self) { try reader(nested(33)).verify() }
    #expect(throws: CheckpointError.self) { try reader(nested(500_000)).verify() }
  }

  /// Hashing a key of half a million combining marks takes minutes.
  @Test func keysAreShort() throws {
    func object(_ count: Int) -> String { "{\"" + String(repeating: "k", count: count) + "\":1}" }
    try reader(object(512)).verify()
    let error = #expect(throws: CheckpointError.self) { try reader(object(513)).verify() }
    #expect(error?.description.contains("byte 1 of the JSON text: key of more than") == true)
    let marks = "{\"" + String(repeating: "\u{315}\u{300}", count: 200_000) + "\":1}"
    #expect(throws: CheckpointError.self) { try reader(marks).verify() }
  }

  @Test func escapesMeanWhatTheyMustMean() throws {
    let value = try reader(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude42\u0000""#)
      .json(String.self, .configuration, "w")
    #expect(value == "\"\\/\u{8}\u{C}\n\r\té🙂\0")
  }

  @Test(arguments: [
    (#""hiddenSize":128"#, #""hiddenSize":"128""#, "layers[0].hiddenSize: expected a whole number"),
    (#""hiddenSize":128"#, #""hiddenSize":1.5"#, "layers[0].hiddenSize: expected a whole number"),
    (
      #""hiddenSize":128"#, #""hidden":128"#,
      "layers[0].hiddenSize: expected a value, found nothing"
    ),
    (#""dropout":0.1"#, #""dropout":1e999"#, "layers[1].dropout: expected a number, found 1e999"),
    (#""offset":-128"#, #""offset":-129"#, "offset: expected a whole number from -128 to 127"),
    (#""tied":true"#, #""tied":1"#, "tied: expected true or false, found 1"),
    (#""unit":"epoch""#, #""unit":"day""#, "unit: expected a valid value, found "),
    (#""nested":[[1],"#, #""nested":[{},"#, "nested[0]: expected an array, found an object"),
    (#""rates":{"#, #""rates":{"x":null,"#, "rates.x: expected a number, found null"),
  ])
  func saysWhichValueIsWrong(from: String, to: String, message: String) throws {
    let parts = Configuration.text.split(separator: from, maxSplits: 1)
    try #require(parts.count == 2)
    let reader = try reader(parts[0] + to + parts[1])
    let error = #expect(throws: CheckpointError.self) {
      try reader.json(Configuration.self, .configuration, "w")
    }
    let description = error?.description ?? ""
    #expect(description.hasPrefix("crafted: configuration/w: \(message)"), "\(description)")
  }

  @Test func infiniteNumbersAreNotWritten() {
    var checkpoint = Checkpoint()
    let error = #expect(throws: CheckpointError.self) {
      try checkpoint.setJSON(["a": [1, Double.infinity]], .configuration, "w")
    }
    #expect(
      error?.problem
        == .configValue(
          .init(.configuration, "w"), path: "a[1]", expected: "a finite number", found: "inf"))
  }

  @Test func aNumberThatJSONLacksIsNull() {
    #expect([-Double.infinity, .infinity, .nan].map { JSONValue($0) } == [.null, .null, .null])
    #expect(
      JSONValue(Float(0.1)) == .number("0.1") && JSONValue(UInt64.max).text == "\(UInt64.max)")
  }
}

extension Configuration {
  /// Sorted keys, no spaces.
  fileprivate static let text =
    #"{"layers":[{"cell":"lstm","hiddenSize":128},"#
    + #"{"cell":"gru","dropout":0.1,"hiddenSize":64}],"#
    + #""nested":[[1],[],[2,3]],"note":"tab\t quote\" déjà \u0001🙂","offset":-128,"#
    + #""rates":{"end":0.1,"smallest":1e-45,"start":0.001},"seed":18446744073709551615,"#
    + #""tied":true,"unit":"epoch"}"#
}
