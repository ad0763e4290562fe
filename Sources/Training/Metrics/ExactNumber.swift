/// A number that is encoded as its bits, so that every value comes back exactly: infinities and NaN too, which JSON cannot
/// express.
@propertyWrapper
struct ExactNumber: Codable, Hashable, Sendable {
  var wrappedValue: Double

  init(wrappedValue: Double) { self.wrappedValue = wrappedValue }

  init(from decoder: any Decoder) throws {
    wrappedValue = Double(
      bitPattern: try decoder.singleValueContainer().decode(UInt64.self))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue.bitPattern)
  }
}
