/// Goes through a module's parameters, in the order and under the names that the module gives them.
///
/// Names of nested modules are joined by dots: the parameter "weight" of the module "embed" is
/// "embed.weight". An empty name adds nothing.
public struct ParameterVisitor {
  private let body: (String, inout Tensor) -> Void
  /// The name of the module, with a dot behind it; empty outside of modules.
  private var prefix = ""

  init(_ body: @escaping (String, inout Tensor) -> Void) {
    self.body = body
  }

  /// Visits one parameter.
  public mutating func visit(_ name: String, _ parameter: inout Tensor) {
    body(path(to: name), &parameter)
  }

  /// Visits a parameter that the module may lack, such as a bias.
  public mutating func visit(_ name: String, _ parameter: inout Tensor?) {
    guard var present = parameter else { return }
    parameter = nil  // so that the visitor holds the only reference
    visit(name, &present)
    parameter = present
  }

  /// Visits the parameters of a module inside of the module.
  public mutating func visit(_ name: String, _ module: inout some Module) {
    let outer = prefix
    enter(name)
    module.visitParameters(&self)
    prefix = outer
  }

  /// Visits the parameters of modules named by their positions: "layers.0", "layers.1", ...
  public mutating func visit(_ name: String, _ modules: inout [some Module]) {
    let outer = prefix
    enter(name)
    for index in modules.indices {
      visit(String(index), &modules[index])
    }
    prefix = outer
  }

  private mutating func enter(_ name: String) {
    if name.isEmpty { return }
    prefix += name
    prefix += "."
  }

  private func path(to name: String) -> String {
    name.isEmpty ? String(prefix.dropLast()) : prefix + name
  }
}
