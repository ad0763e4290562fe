/// The path of a file in the folder `Fixtures`.
func fixture(_ name: String, file: String = #filePath) -> String {
  let parts = file.split(separator: "/", omittingEmptySubsequences: false)
  return parts.dropLast().joined(separator: "/") + "/Fixtures/" + name
}
