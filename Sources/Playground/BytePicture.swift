import Foundation

/// Numbers as a page draws them: signed bytes in base 64, of which 127 is the largest magnitude; 0 where one is not finite.
struct BytePicture: Sendable {
  let values: String
  let largest: Float

  init(_ numbers: some Collection<Float>) {
    let largest = numbers.reduce(Float(1e-9)) { $1.isFinite ? max($0, abs($1)) : $0 }
    let bytes = numbers.map { number in
      UInt8(bitPattern: number.isFinite ? Int8((number / largest * 127).rounded()) : 0)
    }
    (values, self.largest) = (Data(bytes).base64EncodedString(), largest)
  }
}
