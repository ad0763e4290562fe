import Models
import Testing

struct EmbeddedFileTests {
  /// The test vectors of RFC 4648, section 10, and the two characters that they don't contain.
  @Test(
    arguments: [
      ("", []), ("Zg==", [0x66]), ("Zm8=", [0x66, 0x6f]), ("Zm9v", [0x66, 0x6f, 0x6f]),
      ("Zm9vYg==", [0x66, 0x6f, 0x6f, 0x62]), ("Zm9vYmE=", [0x66, 0x6f, 0x6f, 0x62, 0x61]),
      ("Zm9vYmFy", [0x66, 0x6f, 0x6f, 0x62, 0x61, 0x72]), ("+/+/", [0xfb, 0xff, 0xbf]),
    ] as [(StaticString, [UInt8])])
  func bytesAreThoseOfBase64(text: StaticString, bytes: [UInt8]) {
    #expect(EmbeddedFile(name: "a file", base64: text).bytes == bytes)
  }
}
