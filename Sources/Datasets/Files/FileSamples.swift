import FileCore

/// The samples of a file of records, read on demand in constant memory.
struct FileSamples: SampleSource {
  /// Makes a sample of a record.
  typealias Maker = @Sendable (FileRecord) throws(FileError) -> Sample

  let file: RecordFile
  let layout: RecordFile.Layout
  let make: Maker

  /// Nil: unknown without reading the file.
  var count: Int? { nil }

  func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample] {
    try read(from: &place, limit: limit)
  }

  /// The next records, of which samples are made when they are asked for. Where malformed records are skipped, whether a
  /// record counts is known only when its sample is made, so all are.
  func deferredSamples(
    from place: inout SamplePlace, limit: Int
  ) throws -> [DeferredSample] {
    guard !file.options.skipsBadRows else {
      return try read(from: &place, limit: limit).map { sample in DeferredSample { sample } }
    }
    var start = place
    if place.offset == 0 {
      start = layout.start
      start.index = place.index
    }
    var reader = file.reader(from: start, names: layout.names)
    var samples: [DeferredSample] = []
    let make = make
    while samples.count < limit, let record = try reader.next() {
      samples.append(DeferredSample { try make(record) })
    }
    let index = place.index + samples.count
    place = reader.place
    place.index = index
    return samples
  }

  /// The next samples; skips malformed records if the options say so.
  func read(from place: inout SamplePlace, limit: Int) throws(FileError) -> [Sample] {
    var start = place
    if place.offset == 0 {
      start = layout.start
      start.index = place.index
    }
    var reader = file.reader(from: start, names: layout.names)
    var samples: [Sample] = []
    while samples.count < limit {
      do throws(FileError) {
        guard let record = try reader.next() else { break }
        samples.append(try make(record))
      } catch {
        guard file.options.skipsBadRows, error.isOfALine else { throw error }
      }
    }
    let index = place.index + samples.count
    place = reader.place
    place.index = index
    return samples
  }
}
