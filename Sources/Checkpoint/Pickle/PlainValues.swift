/// Classes of Python's standard library whose values a program saves beside its tensors, such as a path or a time. Their calls
/// are passed over: the value is known by its class alone.
enum PlainValues {
  private static let classes: [String: Set<String>] = [
    "pathlib": paths, "pathlib._local": paths,
    "datetime": ["date", "datetime", "time", "timedelta", "timezone"],
    "builtins": builtins, "__builtin__": builtins,
    "decimal": ["Decimal"], "_decimal": ["Decimal"], "fractions": ["Fraction"],
    "ipaddress": ["IPv4Address", "IPv6Address"],
  ]
  private static let paths: Set<String> = [
    "Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath", "WindowsPath",
  ]
  private static let builtins: Set<String> = ["complex", "object", "range", "slice", "xrange"]

  /// Whether a class makes such values.
  static func contain(_ name: PickleName) -> Bool {
    classes[name.module]?.contains(name.name) ?? false
  }
}
