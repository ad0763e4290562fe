import Requirements
import TensorCore

/// How gradients are written into messages.
public enum WirePrecision: String, Codable, Hashable, Sendable, CaseIterable {
  /// 32-bit floats, as they are computed.
  case float32
  /// 16 bits: every sum of gradients, on one rank or on several, is rounded to bf16.
  case bf16

  /// The bytes of a number.
  var byteCount: Int { self == .float32 ? 4 : 2 }

  /// A gradient as it would arrive elsewhere.
  func rounded(_ gradient: Tensor) -> Tensor {
    guard self == .bf16 else { return gradient }
    return Tensor(uninitialized: gradient.shape) {
      FloatBytes.roundToHalf(gradient.elements, count: gradient.count, into: $0)
    }
  }
}

/// Memory for messages, aligned for any number. Its address never changes; who fills it passes it on when it is done.
final class WireMemory: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    bytes = .allocate(byteCount: byteCount, alignment: 64)
  }

  convenience init(copying array: [UInt8]) {
    self.init(byteCount: array.count)
    bytes.copyBytes(from: array)
  }

  deinit { bytes.deallocate() }
}

/// The form of a sum of gradients in a message: rows that are zero are left out where that makes the message shorter.
///
///     8 bytes    0 absent, 1 all numbers, 2 some rows
///     1: the numbers
///     2: a bit for each row, filled up to 8 bytes; then the numbers of the rows whose bit is 1
///
/// A row is left out only if all its bits are zero, so that a sum with it is the same to the bit. The gradient of an
/// embedding has rows for the tokens that occurred.
struct WireCode: Hashable, Sendable {
  let precision: WirePrecision
  /// The numbers of a row; 1 where rows are not looked at.
  let rowWidth: Int

  private enum Form: UInt64 { case absent, all, rows }

  private static let headSize = 8

  /// The most bytes of a message of `count` numbers.
  func capacity(_ count: Int) -> Int {
    Self.headSize + 8 * ((count * precision.byteCount + 7) / 8)
  }

  /// Writes numbers, or the absence of any; returns the number of bytes.
  func encode(
    _ x: Floats?, count: Int, into bytes: UnsafeMutableRawPointer
  ) -> Int {
    guard let x else {
      bytes.storeBytes(of: Form.absent.rawValue, as: UInt64.self)
      return Self.headSize
    }
    let rows = rowCount(count)
    let kept = keptRows(x, rows)
    let maskSize = self.maskSize(rows)
    guard rows > 0,
      maskSize + kept.count * rowWidth * precision.byteCount < count * precision.byteCount
    else {
      bytes.storeBytes(of: Form.all.rawValue, as: UInt64.self)
      return padded(Self.headSize + put(x, count, at: bytes + Self.headSize))
    }
    bytes.storeBytes(of: Form.rows.rawValue, as: UInt64.self)
    let mask = (bytes + Self.headSize).assumingMemoryBound(to: UInt64.self)
    for word in 0..<maskSize / 8 { mask[word] = 0 }
    var size = Self.headSize + maskSize
    for row in kept {
      mask[row / 64] |= 1 << UInt64(row % 64)
      size += put(x + row * rowWidth, rowWidth, at: bytes + size)
    }
    return padded(size)
  }

  /// The bytes of the form that leaves rows out; nil where rows are not looked at.
  func sizeOfRows(_ x: Floats, count: Int) -> Int? {
    let rows = rowCount(count)
    guard rows > 0 else { return nil }
    let kept = keptRows(x, rows).count
    return padded(Self.headSize + maskSize(rows) + kept * rowWidth * precision.byteCount)
  }

  private func rowCount(_ count: Int) -> Int { rowWidth > 1 ? count / rowWidth : 0 }
  private func maskSize(_ rows: Int) -> Int { (rows + 63) / 64 * 8 }

  private func keptRows(_ x: Floats, _ rows: Int) -> [Int] {
    (0..<rows).filter { !FloatBytes.areZero(x + $0 * rowWidth, count: rowWidth) }
  }

  /// Reads `count` numbers from the start of a message.
  ///
  /// - Returns: whether there are numbers, and the number of bytes read.
  func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int, into x: Floats
  ) throws(ExchangeFailure) -> (isPresent: Bool, size: Int) {
    guard let base = bytes.baseAddress, bytes.count >= Self.headSize,
      let form = Form(rawValue: base.load(as: UInt64.self))
    else { throw Self.malformed(bytes.count) }
    var size = Self.headSize
    switch form {
    case .absent: return (false, size)
    case .all:
      guard bytes.count >= size + count * precision.byteCount else {
        throw Self.malformed(bytes.count)
      }
      size += take(base + size, count, into: x)
    case .rows:
      let rows = count / rowWidth
      let mask = (base + size).assumingMemoryBound(to: UInt64.self)
      size += (rows + 63) / 64 * 8
      guard bytes.count >= size else { throw Self.malformed(bytes.count) }
      fill(x, count: count, with: 0)
      for row in 0..<rows where mask[row / 64] >> UInt64(row % 64) & 1 == 1 {
        guard bytes.count >= size + rowWidth * precision.byteCount else {
          throw Self.malformed(bytes.count)
        }
        size += take(base + size, rowWidth, into: x + row * rowWidth)
      }
    }
    return (true, padded(size))
  }

  private func padded(_ size: Int) -> Int { (size + 7) / 8 * 8 }

  private func put(
    _ x: Floats, _ count: Int, at bytes: UnsafeMutableRawPointer
  ) -> Int {
    switch precision {
    case .float32: FloatBytes.copy(x, count: count, to: bytes)
    case .bf16: FloatBytes.encodeHalf(x, count: count, to: bytes)
    }
    return count * precision.byteCount
  }

  private func take(
    _ bytes: UnsafeRawPointer, _ count: Int, into x: Floats
  ) -> Int {
    switch precision {
    case .float32: FloatBytes.copy(bytes, count: count, to: x)
    case .bf16: FloatBytes.decodeHalf(bytes, count: count, to: x)
    }
    return count * precision.byteCount
  }

  private static func malformed(_ count: Int) -> ExchangeFailure {
    ExchangeFailure(reason: "a message of \(count) bytes is no sum of gradients")
  }
}
