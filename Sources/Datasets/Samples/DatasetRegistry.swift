/// The datasets that can be chosen by name.
public typealias DatasetRegistry = Registry<any Dataset>

extension Registry where Product == any Dataset {
  /// The dataset that `NAME` or `NAME:ARGUMENT` chooses.
  ///
  /// - Throws: ``DatasetError/unknownDataset(name:known:)`` where no entry has that name, or what the
  ///   entry's maker throws.
  public func dataset(_ choice: String) throws -> any Dataset {
    guard let dataset = try product(choice) else {
      throw DatasetError.unknownDataset(name: choice, known: entries.map(\.name))
    }
    return dataset
  }
}
