import Datasets
import FileCore
import Foundation
import Testing

@Suite struct TextStreamTests {
  private func lines(_ stream: TextStream) throws -> [String] {
    var all: [String] = []
    while let line = try stream.next() { all.append(String(decoding: line, as: UTF8.self)) }
    return all
  }

  private static let contents: [[UInt8]] = [
    Array("good film\r\nbad\rlast\n\nend".utf8),
    [0xEF, 0xBB, 0xBF] + Array("good film\nbad\nlast\n\nend\n".utf8),
    [0xFF, 0xFE]
      + "good film\nbad\nlast\n\nend\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] },
  ]

  @Test(arguments: contents)
  func aFileAndAPipeHaveTheSameLines(bytes: [UInt8]) throws {
    let expected = ["good film", "bad", "last", "", "end"]
    try withFolder(["lines.txt": bytes]) { folder in
      #expect(try lines(TextStream("\(folder)/lines.txt")) == expected)
      let pipe = "\(folder)/pipe"
      try #require(mkfifo(pipe, 0o600) == 0)
      let writer = Thread {
        guard let handle = FileHandle(forWritingAtPath: pipe) else { return }
        // Byte by byte, as slow writers do.
        for byte in bytes { try? handle.write(contentsOf: [byte]) }
        try? handle.close()
      }
      writer.start()
      let stream = try TextStream(pipe)
      #expect(try lines(stream) == expected)
      #expect(stream.number == 5)
    }
  }

  @Test func aDirectoryAndNothingAreNamed() throws {
    try withFolder(["a": [1]]) { folder in
      #expect(throws: FileError(file: folder, .notARegularFile(.directory))) {
        try TextStream(folder).next()
      }
      #expect(throws: FileError(file: "\(folder)/b", .noSuchFile)) { try TextStream("\(folder)/b") }
    }
  }
}
