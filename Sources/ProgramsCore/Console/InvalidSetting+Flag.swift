import ArgumentParser
import Cells
import Models

extension InvalidSetting {
  /// The error with the flag that makes the setting: `--hidden: expected a whole number from 1 to 65536, found 0`.
  package var flagged: String {
    if let flag = Self.flags[name] { return "\(flag): expected \(expected), found \(found)" }
    // A part of a flag's value, as in `schedule's steps`, or an option around a cell, as in `lstm's zoneout`.
    let words = name.split(separator: "'s ", maxSplits: 1).map(String.init)
    let flag = words.count == 2 ? Self.owners[words[0]] ?? Self.parts[words[1]] : nil
    return (flag.map { "\($0): " } ?? "") + description
  }

  /// The flags by the names of the settings that they make.
  private static let flags = [
    "accumulation": "--accumulate", "attention": "--attention", "batch size": "--batch-size",
    "beam": "--beam", "bucket pool": "--bucket", "checkpoint every": "--checkpoint-every",
    "clip": "--clip", "clip value": "--clip-value", "data": "--data", "dataset": "--dataset",
    "directions": "--bidirectional", "dropout": "--dropout", "embedding size": "--embedding",
    "epochs": "--epochs", "evaluate every": "--evaluate-every", "gradient": "--gradient",
    "hidden size": "--hidden", "horizon": "--horizon", "label smoothing": "--label-smoothing",
    "layer sizes": "--layer-size", "layers": "--layers", "learning rate": "--learning-rate",
    "length": "--length", "likelihood": "--likelihood", "max steps": "--max-steps",
    "momentum": "--optimizer",
    "parameter group": "--group or --freeze", "patience": "--patience",
    "projection size": "--projection", "quantiles": "--quantiles", "random field": "--crf",
    "shards": "--shards", "steps": "--steps",
    "steps between updates": "--gradient", "temperature": "--temperature",
    "through": "--through", "top-k": "--top-k", "top-p": "--top-p",
    "vocabulary size": "--vocabulary-size", "weight decay": "--weight-decay",
  ]

  /// The flags whose values have several settings, by the name before the `'s`.
  private static let owners = [
    "average": "--average", "schedule": "--schedule", "teacher forcing": "--teacher-forcing",
  ]

  /// The flags of settings that belong to a cell or a parameter, by the name after the `'s`.
  private static let parts = [
    "block": "--block", "connection": "--connection", "feedForwardSize": "--feed-forward",
    "initialization": "--init", "inputDropout": "--input-dropout", "layerSizes": "--layer-size",
    "learning rate": "--group", "normalizesProducts": "--layer-norm",
    "outputDropout": "--output-dropout", "projectionSize": "--projection",
    "recurrentDropout": "--recurrent-dropout", "weight decay": "--group",
    "weightDropout": "--weight-drop", "zoneout": "--zoneout",
  ]
}

extension ValidationError {
  /// A library's error about a choice as the error of the flag that makes it.
  package init(flagging error: any Error) {
    switch error {
    case let error as InvalidSetting: self.init(error.flagged)
    case let error as UnknownCell: self.init("--cell: \(error)")
    default: self.init("\(error)")
    }
  }
}
