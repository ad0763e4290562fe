import PackagePlugin

/// Turns every `.rnnz` file of a target into a constant: `tales.rnnz` into `Models.tales`.
///
/// The files are read and checked when the package is built; a damaged one stops the build.
@main
struct EmbedCheckpoint: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let module = target.sourceModule else { return [] }
    let checkpoints = module.sourceFiles(withSuffix: ".rnnz").map(\.url).sorted {
      $0.path < $1.path
    }
    guard !checkpoints.isEmpty else {
      Diagnostics.warning("\(module.name) has no .rnnz file to embed")
      return []
    }
    let output = context.pluginWorkDirectoryURL.appending(path: "Models.swift")
    return [
      .buildCommand(
        displayName: "Embedding the models of \(module.name)",
        executable: try context.tool(named: "EmbedTool").url,
        arguments: [output.path] + checkpoints.map(\.path),
        inputFiles: checkpoints, outputFiles: [output])
    ]
  }
}
