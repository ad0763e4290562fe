import FileCore
import TensorCore

/// A description of the computer that measures.
public struct Machine: Codable, Sendable, Hashable {
  /// The processor's name.
  public let processor: String
  /// The number of processors that this process may use.
  public let cores: Int
  /// The caches, for example `L1 32K, L2 512K, L3 32768K`; empty if unknown.
  public let caches: String
  /// The instruction set that the kernels use.
  public let instructions: String

  /// The machine of this process.
  public static let current = Machine(
    processor: SystemFacts.processor ?? "unknown",
    cores: System.processors,
    caches: cacheSizes, instructions: InstructionSet.active)

  /// One line.
  public var line: String {
    let parts = [processor, "\(cores) cores", caches, "kernels: \(instructions)"]
    return parts.filter { !$0.isEmpty }.joined(separator: "; ")
  }

  private static var cacheSizes: String {
    let folder = "/sys/devices/system/cpu/cpu0/cache/index"
    return (0..<4).compactMap { index in
      guard let type = SystemFacts.lines(of: "\(folder)\(index)/type")?.first,
        type != "Instruction",
        let level = SystemFacts.lines(of: "\(folder)\(index)/level")?.first,
        let size = SystemFacts.lines(of: "\(folder)\(index)/size")?.first
      else { return nil }
      return "L\(level) \(size)"
    }.joined(separator: ", ")
  }
}
