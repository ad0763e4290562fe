/// How products are computed, by the names that PyTorch has for it.
public enum BenchmarkPrecision: String, Sendable, Hashable, Codable, CaseIterable {
  /// 32-bit floating point throughout.
  case highest
}
