import Checkpoint
import FileCore
import Testing

/// Instructions for a path of Python.
private let posixPath = "cpathlib\nPosixPath\n(S'a'\ntR"

/// Pickles of NumPy's arrays, and of objects that hold them.
struct PickleFileTests {
  private func path(_ name: String) -> String { fixture("pickle/\(name).pkl") }

  @Test(arguments: 0...5)
  func aDictionaryIsReadInEveryProtocol(_ version: Int) throws {
    let file = try PickleFile(path: path("state-\(version)"))
    #expect(file.names == ["a", "empty", "scalar", "flags"])
    #expect(try file.array("a") == StoredArray([0, 1, 2, 3, 4, 5] as [Int64], shape: [2, 3]))
    #expect(try file.array("empty") == StoredArray([Float](), shape: [0, 3]))
    #expect(try file.array("scalar") == StoredArray(2.5 as Double))
    #expect(
      try file.array("flags") == StoredArray(elementType: .bool, shape: [2], bytes: [1, 0]))
    guard case .object(let members) = file.content else {
      Issue.record("no dictionary")
      return
    }
    #expect(
      members["table"]?.text == #"{"b":[2,-3,1099511627776,null,true,0.5],"é":1}"#)
    #expect(members["a"]?.text == #"{"array":"a"}"#)
    #expect(members["7"]?.text == #"["x","bytes"]"#)
  }

  @Test(arguments: 0...5)
  func anObjectIsItsAttributes(_ version: Int) throws {
    let file = try PickleFile(path: path("layers-\(version)"))
    #expect(file.names == ["0.weights", "0.bias", "1.weights", "1.bias"])
    #expect(try file.array("1.weights").floats == (0..<8).map { Float($0) })
    #expect(try file.array("1.weights").shape == [2, 4])
    // Column-major in the file.
    #expect(
      try file.array("0.bias") == StoredArray([0, 1, 2, 3, 4, 5] as [Double], shape: [2, 3]))
    #expect(file.content.text.contains(#""class":"nets.layers.Layer""#))
    #expect(file.content.text.contains(#""activation":"numpy.tanh""#))
  }

  @Test func anArrayFileIsRecognizedByItsContent() throws {
    for name in ["state-0", "state-2", "layers-4"] {
      let file = try ArrayFile(path: path(name))
      #expect(file.formatName == "pickle of NumPy arrays")
      #expect(try Inspection(file, verifying: true).parameters.count == file.names.count)
    }
  }

  /// A call of a function is never made.
  @Test(arguments: [
    ("cos\nsystem\n(S'true'\ntR.", "found os.system; nothing of it was run"),
    ("cbuiltins\neval\n(S'1'\ntR.", "found builtins.eval; nothing of it was run"),
    ("cnumpy\nload\n(S'1'\ntR.", "found numpy.load; nothing of it was run"),
    ("cpathlib\nsystem\n(S'1'\ntR.", "found pathlib.system; nothing of it was run"),
    ("cbuiltins\ngetattr\n(S'1'\ntR.", "found builtins.getattr; nothing of it was run"),
    (
      "(S'a'\ncnumpy.core.multiarray\n_reconstruct\n(tRb.",
      "expected an object to set the state of, found 'a'"
    ),
    ("cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR(I1\ntR.", "expected the call of a function"),
    ("X\u{1}", "cut off"), ("I1", "expected a line"), ("I1\nI2\n.", "expected one value"),
    ("Ix\n.", "expected a whole number"), ("Fx\n.", "expected a number"),
    ("Sx\n.", "expected a string in quotes"), ("I1\n..", "expected nothing after the end"),
    ("\u{80}\u{6}N.", "expected protocol 0 to 5"), ("\u{82}a.", "found 0x82"),
    ("}Na.", "expected a list, found a dictionary"),
  ])
  func whatIsNoArrayIsRefused(_ program: String, _ reason: String) {
    let problem = message { _ = try PickleFile(bytes: Pickle.bytes(program)) }
    #expect(problem.contains(reason), "\(problem)")
  }

  /// A plain value of the standard library is its class.
  @Test func aPlainValueIsItsClass() throws {
    let range = "c__builtin__\nxrange\n(I1\nI2\nI1\ntR"
    let file = try PickleFile(bytes: Pickle.bytes("(S'x'\n\(posixPath)\(range)l."))
    #expect(
      file.content.text
        == #"["x",{"class":"pathlib.PosixPath"},{"class":"__builtin__.xrange"}]"#)
  }

  /// Where another value is needed a plain one is refused, by its class.
  @Test(arguments: [
    ("\(posixPath)(I1\ntR.", "expected the call of a function"),
    ("\(posixPath)I1\na.", "expected a list"),
    ("\(posixPath)(I1\nI2\nu.", "expected pairs for a dictionary"),
    ("\(posixPath)Q.", "expected a description of a storage"),
  ])
  func aPlainValueIsNoOther(_ program: String, _ expected: String) {
    let problem = message { _ = try PickleFile(bytes: Pickle.bytes(program)) }
    let found = "found a value of class pathlib.PosixPath"
    #expect(problem.contains("\(expected), \(found)"), "\(problem)")
  }

  @Test func arraysOfOtherTypesAreRefusedByName() throws {
    func array(_ code: String, _ order: String) -> [UInt8] {
      Pickle.bytes(
        "}S'a'\ncnumpy.core.multiarray\n_reconstruct\n(tR(I1\n(I2\ntcnumpy\ndtype\n"
          + "(S'\(code)'\ntR(I3\nS'\(order)'\ntbI00\nS'abcdefgh'\ntbs.")
    }
    func problem(_ bytes: [UInt8]) -> String {
      message { _ = try PickleFile(bytes: bytes).array("a") }
    }
    #expect(try PickleFile(bytes: array("f4", "<")).array("a").shape == [2])
    #expect(
      problem(array("c8", "<")).contains(
        "f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1, found 'c8'"))
    #expect(problem(array("f4", ">")).contains("found '>f4'"))
    #expect(problem(array("f8", "<")).contains("expected numbers for shape [2], found 8 bytes"))
    #expect(problem(array("O8", "|")).contains("found 'O8'"))
  }

  /// Programs whose values would take far more memory or time than their bytes.
  @Test func sharedValuesDoNotMultiply() {
    // Each list has the one before it twice: two to the thirtieth leaves.
    var program = "]p0\n"
    for level in 0..<30 { program += "0](g\(level)\ng\(level)\nep\(level + 1)\n" }
    #expect(
      message { _ = try PickleFile(bytes: Pickle.bytes(program + ".")) }
        .contains("too many of them"))
    // A dictionary that gets the members of a growing one again and again.
    program = "}p0\n" + String(repeating: "S'a'\nNs", count: 2_000)
    program += "ccopy_reg\n_reconstructor\n(ca\nB\ntR"
    program += String(repeating: "g0\nb", count: 5_000) + "."
    #expect(
      message { _ = try PickleFile(bytes: Pickle.bytes(program)) }.contains("too many values"))
    // A value in itself.
    #expect(
      message { _ = try PickleFile(bytes: Pickle.bytes("]p0\ng0\na.")) }.contains("nested too deep")
    )
  }
}
