import FileCore
import Models

extension RunReport {
  /// The histograms of weights and gradients, by layer.
  var parameters: String {
    guard let last = record.distributions.last else { return "" }
    let first = record.distributions.first { $0.step < last.step }
    let before = Dictionary(
      (first?.parameters ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var (layers, cards) = ([String](), [String: String]())
    for parameter in last.parameters {
      let layer = Self.layer(of: parameter.name)
      if cards[layer] == nil { layers.append(layer) }
      cards[layer, default: ""] += Self.card(parameter, before: before[parameter.name])
    }
    let outline = first.map { "; the outline is step \($0.step.grouped)" } ?? ""
    return "<h2>Weights and gradients, at step \(last.step.grouped)</h2>\n"
      + "<p class=\"soft\">How often each value occurs\(outline). What is more than four standard"
      + " deviations from the mean counts at the ends.</p>\n"
      + layers.map { layer in
        "<h3>\(layer.escaped)</h3>\n<div class=\"cards\">\n\(cards[layer] ?? "")</div>\n"
      }.joined()
  }

  private static func card(
    _ parameter: ParameterDistributions.Parameter, before: ParameterDistributions.Parameter?
  ) -> String {
    func chart(_ title: String, _ last: Histogram, _ first: Histogram?) -> String {
      HistogramChart(title: "\(title) ± \(last.deviation.brief)", last: last, first: first).html
    }
    let shape = parameter.shape.map(\.grouped).joined(separator: " × ")
    let name = parameter.name.split(separator: ".").last.map(String.init) ?? parameter.name
    return "<div class=\"card\"><p><b>\(name.escaped)</b> <span class=\"soft\">\(shape)</span></p>"
      + "<div>" + chart("weights", parameter.weights, before?.weights)
      + chart("gradients", parameter.gradients, before?.gradients) + "</div></div>\n"
  }

  /// What a parameter's layer is called: `recurrent, layer 1` for `recurrent.weight_ih_l1`.
  private static func layer(of name: String) -> String {
    let parts = name.split(separator: ".")
    let module = parts.dropLast().joined(separator: ".")
    let words = (parts.last ?? "").split(separator: "_")
    let number = words.last {
      $0.first == "l" && $0.count > 1 && $0.dropFirst().allSatisfy(\.isNumber)
    }
    let layer = number.map { "layer \($0.dropFirst())" }
    return [module.isEmpty ? "model" : module, layer].compactMap(\.self).joined(separator: ", ")
  }
}
