import FileCore

/// A confusion matrix as HTML tables.
struct ConfusionTables {
  private let matrix: ConfusionMatrix

  /// The most classes of a matrix that is shown whole; larger ones are shown by their most frequent mistakes.
  private static let mostClasses = 24

  init(_ matrix: ConfusionMatrix) { self.matrix = matrix }

  /// The matrix, or its most frequent mistakes, and each class's metrics.
  var html: String {
    "<div class=\"wide\">"
      + (matrix.classes.count <= Self.mostClasses ? wholeMatrix : mistakes) + "</div>\n"
      + "<div class=\"wide\">\(measures)</div>\n"
  }

  private var wholeMatrix: String {
    let names = matrix.classes
    let head = names.map { "<th>\($0.escaped)</th>" }.joined()
    let rows = names.indices.map { target in
      let all = max(1, names.indices.reduce(0) { $0 + matrix[target, $1] })
      let cells = names.indices.map { answer in
        let share = Double(matrix[target, answer]) / Double(all)
        let kind = target == answer ? "right" : "wrong"
        return "<td class=\"\(kind)\" style=\"--share:\(share.text(3))\">"
          + "\(matrix[target, answer])</td>"
      }
      return "<tr><th>\(names[target].escaped)</th>\(cells.joined())</tr>\n"
    }
    return "<table class=\"matrix\"><caption>Rows: what is right. Columns: the answer.</caption>"
      + "<tr><th></th>\(head)</tr>\n\(rows.joined())</table>"
  }

  private var mistakes: String {
    var list: [(count: Int, target: Int, answer: Int)] = []
    for target in matrix.classes.indices {
      for answer in matrix.classes.indices where answer != target && matrix[target, answer] > 0 {
        list.append((matrix[target, answer], target, answer))
      }
    }
    let rows = list.sorted { $0 > $1 }.prefix(20).map {
      "<tr><td>\(matrix.classes[$0.target].escaped)</td>"
        + "<td>\(matrix.classes[$0.answer].escaped)</td><td>\($0.count)</td></tr>\n"
    }
    return "<table><caption>The most frequent mistakes.</caption>"
      + "<tr><th>right</th><th>answer</th><th>how often</th></tr>\n\(rows.joined())</table>"
  }

  private var measures: String {
    let rows = matrix.rows.map { row in
      "<tr><th>\(row.name.escaped)</th>"
        + [row.precision, row.recall, row.f1].map { "<td>\($0.text(4))</td>" }.joined()
        + "<td>\(row.support.grouped)</td></tr>\n"
    }
    return "<table><tr><th>class</th><th>precision</th><th>recall</th><th>F1</th>"
      + "<th>support</th></tr>\n\(rows.joined())</table>"
  }
}
