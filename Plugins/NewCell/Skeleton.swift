import Foundation
import PackagePlugin

/// The name and files of a new type and its tests, from the arguments `NAME [--target TARGET]`.
struct Skeleton {
  /// The new type's name.
  let name: String
  /// The module for it.
  let module: String
  private let codeFile: URL
  private let testFile: URL
  /// The targets that Package.swift has to get, as its lines.
  private let missing: [String]

  /// Chooses the files for a type that uses `library`. Folders of targets that the package lacks are those in which
  /// SwiftPM looks for them.
  init(
    verb: String, library: String, in package: Package, arguments: [String]
  ) throws {
    var extractor = ArgumentExtractor(arguments)
    let chosen = extractor.extractOption(named: "target").last
    let names = extractor.remainingArguments
    guard names.count == 1, let name = names.first, Self.isTypeName(name) else {
      throw Refusal(
        "expected the name of a new type, as in: swift package \(verb) My\(library.dropLast()); "
          + "found \(names.isEmpty ? "none" : names.joined(separator: " "))")
    }
    let modules = package.targets.compactMap { $0 as? any SourceModuleTarget }
    let target = try Self.target(for: library, named: chosen, among: modules)
    let targetName = target?.name ?? "Own\(library)"
    let tests = modules.first { module in
      module.kind == .test && Self.dependsDirectly(module, on: targetName)
    }
    let folder = { (kind: String, target: String) in
      package.directoryURL.appending(path: "\(kind)/\(target)")
    }
    var missing: [String] = []
    if target == nil {
      missing.append(
        ".target(name: \"\(targetName)\", dependencies: "
          + "[.product(name: \"\(library)\", package: \"swift-rnn\")])")
    }
    if tests == nil {
      missing.append(
        ".testTarget(name: \"\(targetName)Tests\", dependencies: [\"\(targetName)\"])")
    }
    self.name = name
    self.missing = missing
    module = target?.moduleName ?? targetName
    let codeFolder = target?.directoryURL ?? folder("Sources", targetName)
    let testFolder = tests?.directoryURL ?? folder("Tests", "\(targetName)Tests")
    codeFile = codeFolder.appending(path: "\(name).swift")
    testFile = testFolder.appending(path: "\(name)Tests.swift")
  }

  /// The target that the type belongs to; nil if no target uses the library.
  private static func target(
    for library: String, named chosen: String?, among modules: [any SourceModuleTarget]
  ) throws -> (any SourceModuleTarget)? {
    let able = modules.filter { $0.kind != .test && uses(library, $0) }
    let candidates = able.filter { chosen == nil || $0.name == chosen }
    guard candidates.count == 1 || able.isEmpty && chosen == nil else {
      throw Refusal(
        candidates.isEmpty
          ? "expected a target \(chosen ?? "") that depends on the product \(library), found none"
          : "expected --target with one of \(candidates.map(\.name).joined(separator: ", "))")
    }
    return candidates.first
  }

  /// Writes both files, and the folders that they need; throws if one of the files exists already.
  func write(code: String, tests: String) throws {
    for file in [codeFile, testFile] where FileManager.default.fileExists(atPath: file.path) {
      throw Refusal("\(file.path) exists already, and stays as it is")
    }
    for (file, text) in [(codeFile, code), (testFile, tests)] {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file, options: .withoutOverwriting)
      print("wrote \(file.path)")
    }
    if !missing.isEmpty {
      print("add to the targets in Package.swift: " + missing.joined(separator: ", "))
    }
  }

  private static func uses(_ library: String, _ target: any SourceModuleTarget) -> Bool {
    target.recursiveTargetDependencies.contains { $0.name == library }
  }

  private static func dependsDirectly(_ target: any Target, on name: String) -> Bool {
    target.dependencies.contains {
      if case .target(let dependency) = $0 { dependency.name == name } else { false }
    }
  }

  private static func isTypeName(_ text: String) -> Bool {
    text.wholeMatch(of: /[A-Z][A-Za-z0-9]*/) != nil
  }
}

/// The reason why a command failed, in one line.
struct Refusal: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
