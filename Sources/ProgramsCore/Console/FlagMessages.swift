import FileCore

extension FileError {
  /// The error, with the flag that reads other encodings where that may help.
  var advised: String {
    // Any bytes are Latin-1, but not UTF-8 or UTF-16.
    guard case .encoding(let encoding, _, _, _, let likely) = problem,
      let other = likely ?? (encoding == .utf8 ? .latin1 : nil)
    else { return description }
    return "\(self); --encoding \(other.rawValue) reads it as \(other.title)"
  }

  /// The error of a file of samples, with the flag that leaves malformed rows out where it may help; the first line is a
  /// heading.
  package var advisedToSkip: String {
    guard case .unexpected(.line(let line, _), _, _) = problem, line > 1 else { return advised }
    return "\(self); --skip-bad-rows leaves such rows out"
  }
}

/// A message about a flag's value with what would do, in one line: the argument parser says that of few flags, in another form.
func completedFlagMessage(_ message: String) -> String {
  guard let match = message.firstMatch(of: /The value '(.*)' is invalid for '(--[a-z-]+)[^']*'.*/)
  else { return message }
  let known = flagValues.first { $0.flags.contains(String(match.2)) }?.expected
  let listed = match.0.firstMatch(of: /Please provide one of (.*)\./)
    .map { String($0.1).replacing("'", with: "") }
  guard let expected = known ?? listed else { return message }
  return message.replacing(match.0, with: "\(match.2): expected \(expected), found \(match.1)")
}

/// What flags take.
private let flagValues: [(flags: Set<String>, expected: String)] = [
  (
    [
      "--hidden", "--embedding", "--layers", "--layer-size", "--projection", "--batch-size",
      "--steps", "--epochs", "--max-steps", "--accumulate", "--evaluate-every", "--patience",
      "--threads", "--through", "--checkpoint-every", "--bucket", "--window", "--horizon",
      "--vocabulary-size", "--length", "--top-k", "--beam", "--ahead", "--n", "--session-limit",
      "--input", "--parallel", "--shards", "--compare-every",
    ], "a whole number above 0"
  ),
  (["--seed"], "a whole number from 0 on"), (["--port"], "a whole number from 1 to 65535"),
  (
    [
      "--dropout", "--input-dropout", "--recurrent-dropout", "--output-dropout", "--weight-drop",
      "--label-smoothing",
    ], "a share from 0 to below 1"
  ),
  (["--learning-rate", "--weight-decay", "--clip", "--clip-value", "--temperature"], "a number"),
  (["--top-p"], "a share above 0, at most 1"),
  (["--optimizer"], FlagForms.optimizer),
  (["--schedule"], FlagForms.schedule),
  (["--average"], FlagForms.average),
  (["--group"], FlagForms.group),
  (["--zoneout"], "STATE=SHARE, such as hidden=0.1"),
  (
    ["--init"],
    "pytorch, keras, flax, xavier, kaiming, lecun, orthogonal, identity or chrono:STEPS:FORGET[:INPUT]"
  ),
  (["--connection"], "plain, residual or highway"),
  (["--block-norm"], "rms or layer"),
  (["--block-output"], "plain, normalized or gated"),
  (["--feed-forward"], "a whole number from 0 on"),
  (["--encoding"], "utf-8, utf-16 or latin-1"),
  (["--precision"], "highest, high or medium"), (["--wire"], "float32 or bf16"),
  (["--likelihood"], "gaussian, student or negative-binomial"),
  (["--sampling"], "sequential or random"),
  (["--preset"], "demo or note"),
  (["--pooling"], "last, mean, max or attention"),
  (["--attention"], "none, dot, general or additive"),
  (["--teacher-forcing"], FlagForms.teacherForcing),
  (["--format"], "csv, tsv, jsonl, conll, conllu, folder or idx"),
  (["--part"], "validation or all"),
]
