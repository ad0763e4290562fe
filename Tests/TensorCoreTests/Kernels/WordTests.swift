import CTensorKernels
import TensorCore
import Testing

/// Every elementwise word is whole: C's list and Swift's agree, and its table says all that its readers ask for.
@Suite struct WordTests {
  /// The word's name as C writes it.
  private func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }

  @Test func bothLanguagesListTheSameWordsInOneOrder() {
    let names = (0..<UInt8(CTK_WORD_COUNT)).map {
      String(cString: ctk_word_name(ctk_operation(rawValue: $0)))
    }
    let functions = ElementwiseFunction.allCases.map { snakeCase("\($0)") }
    for name in names where !functions.contains(name) {
      Issue.record("the word \(name) of CTensorWords.h is no case of ElementwiseFunction")
    }
    for name in functions where !names.contains(name) {
      Issue.record("the word \(name) of ElementwiseFunction is not in CTensorWords.h")
    }
    #expect(functions == names)
  }

  @Test(arguments: ElementwiseFunction.allCases)
  func everyOperandHasACotangentAndAPlaceInFormulas(function: ElementwiseFunction) {
    let (word, operands) = (function.word, function.operandCount)
    #expect(word.cotangents.count == operands)
    for case let cotangent? in word.cotangents {
      #expect(cotangent.operands.isSubset(of: 0..<operands + 2), "\(cotangent)")
      #expect(cotangent.operands.contains(operands + 1), "it is no multiple of the cotangent")
    }
    for template in [word.notation.text.template, word.notation.latex.template] {
      let named = template.parts.compactMap { part in
        if case .operand(let index, _) = part { index } else { nil }
      }
      #expect(Set(named) == Set(0..<operands), "\(template)")
    }
    if case .expression(let expression) = word.onnx {
      #expect(expression.operands == Set(0..<operands), "\(expression)")
    }
  }
}
