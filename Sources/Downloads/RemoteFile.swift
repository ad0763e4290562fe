/// A file on a server, with its size and checksum.
public struct RemoteFile: Hashable, Sendable {
  /// The name of the file in the cache.
  public var name: String
  /// The address.
  public var url: String
  /// Its number of bytes.
  public var size: Int
  /// Its SHA-256, as 64 hexadecimal digits.
  public var sha256: String

  /// A file.
  public init(name: String, url: String, size: Int, sha256: String) {
    self.name = name
    self.url = url
    self.size = size
    self.sha256 = sha256
  }

  /// The Time Machine, H. G. Wells, as Dive into Deep Learning ships it; in the public domain.
  public static let timeMachine = RemoteFile(
    name: "timemachine.txt", url: "http://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt",
    size: 178_979, sha256: "8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516")

  /// Forty thousand lines of Shakespeare, from char-rnn; in the public domain.
  public static let shakespeare = RemoteFile(
    name: "shakespeare.txt",
    url:
      "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    size: 1_115_394, sha256: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed")
}
