#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lets libFuzzer look for files that a reader handles wrongly.
///
///     fuzz FORMAT [libFuzzer's options] [folders of files to start from]
///
/// FORMAT is the name of a format, for example `rnnz` or `hdf5`; `-runs=N` ends it after N files.
@main enum Fuzz {
  /// The format that is attacked.
  ///
  /// Global, since libFuzzer calls functions of C, which carry no context; unsafe, since it is set before the
  /// first call and all calls come from one thread.
  private(set) nonisolated(unsafe) static var format = FuzzedFormat.rnnz
  /// Whole files of the format; global and unsafe for the same reasons.
  private(set) nonisolated(unsafe) static var seeds: [[UInt8]] = []

  static func main() {
    var arguments = CommandLine.arguments
    guard arguments.count > 1, let format = FuzzedFormat(rawValue: arguments[1]) else {
      let names = FuzzedFormat.allCases.map(\.rawValue).joined(separator: ", ")
      print("usage: fuzz FORMAT [options of libFuzzer] [folders]; formats: \(names)")
      exit(64)
    }
    arguments.remove(at: 1)
    self.format = format
    seeds = (try? format.seeds()) ?? []
    var pointers = arguments.map { strdup($0) } + [nil]
    var count = Int32(arguments.count)
    pointers.withUnsafeMutableBufferPointer { buffer in
      var start = buffer.baseAddress
      exit(runDriver(&count, &start, lookAtOne))
    }
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ lookAtOne: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

@_silgen_name("LLVMFuzzerMutate")
private func changeByCoverage(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int) -> Int

/// One file: a promise that is broken ends the process, and libFuzzer keeps the file.
@_cdecl("LLVMFuzzerTestOneInput")
func lookAtOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  // Dying is how libFuzzer is told of a finding.
  if case .violation(let violation) = Fuzz.format.check(bytes) { fatalError(violation) }
  return 0
}

/// Damages a file, now and then a whole one: half of the time by our own rules, else by libFuzzer's, with checksums made to fit
/// after either.
@_cdecl("LLVMFuzzerCustomMutator")
func damage(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: UInt32
) -> Int {
  var random = ByteMutator(generator: SplitMix(UInt64(seed)), maximumSize: min(limit, 4096))
  var bytes: [UInt8]
  if size < 8 || random.happens(oneIn: 64) {
    let seed = random.choice(Fuzz.seeds)
    bytes = random.happens(oneIn: 8) ? seed : Fuzz.format.mutated(seed, with: seed, &random)
  } else if random.happens(oneIn: 2) {
    let count = changeByCoverage(data, size, limit)
    bytes = Array(UnsafeBufferPointer(start: data, count: count))
    Fuzz.format.repair(&bytes, &random)
  } else {
    let file = Array(UnsafeBufferPointer(start: data, count: size))
    bytes = Fuzz.format.mutated(file, with: file, &random)
  }
  let count = min(bytes.count, limit)
  for index in 0..<count { data[index] = bytes[index] }
  return count
}
