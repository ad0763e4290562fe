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

  /// Chooses the files for a type that uses `library`.
  init(verb: String, library: String, in package: Package, arguments: [String]) throws {
    var extractor = ArgumentExtractor(arguments)
    let chosen = extractor.extractOption(named: "target").last
    let names = extractor.remainingArguments
    guard names.count == 1, let name = names.first, Self.isTypeName(name) else {
      throw Refusal(
        "expected the name of a new type, as in: swift package \(verb) My\(library.dropLast()); "
          + "found \(names.isEmpty ? "none" : names.joined(separator: " "))")
    }
    let modules = package.targets.compactMap { $0 as? any SourceModuleTarget }
    let able = modules.filter { $0.kind != .test && Self.uses(library, $0) }
    let candidates = able.filter { chosen == nil || $0.name == chosen }
    guard let target = candidates.first else {
      throw Refusal(
        chosen.map { "expected a target \($0) that depends on the product \(library), found none" }
          ?? "expected a target that depends on the product \(library), found none")
    }
    guard candidates.count == 1 else {
      throw Refusal(
        "expected --target with one of \(candidates.map(\.name).joined(separator: ", "))")
    }
    let tests = modules.first { module in
      module.kind == .test && Self.dependsDirectly(module, on: target.name)
    }
    guard let tests else {
      throw Refusal(
        "expected a test target that depends on \(target.name), found none: add "
          + ".testTarget(name: \"\(target.name)Tests\", dependencies: [\"\(target.name)\"]) "
          + "to Package.swift")
    }
    self.name = name
    module = target.moduleName
    codeFile = target.directoryURL.appending(path: "\(name).swift")
    testFile = tests.directoryURL.appending(path: "\(name)Tests.swift")
  }

  /// Writes both files; throws if one of them exists already.
  func write(code: String, tests: String) throws {
    for file in [codeFile, testFile] where FileManager.default.fileExists(atPath: file.path) {
      throw Refusal("\(file.path) exists already, and stays as it is")
    }
    for (file, text) in [(codeFile, code), (testFile, tests)] {
      try Data(text.utf8).write(to: file, options: .withoutOverwriting)
      print("wrote \(file.path)")
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
