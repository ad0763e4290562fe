/// What flags take whose values have a form of their own: for their help, and for the message about another value.
package enum FlagForms {
  package static let optimizer = "adam, adamw, rmsprop or sgd[:MOMENTUM[:nesterov]]"
  package static let schedule =
    "constant, cosine[:WARM-UP], one-cycle, plateau, step:N:FACTOR or exponential:FACTOR"
  package static let average = "ema:DECAY, swa:FIRST-STEP or none"
  package static let group = "NAME:RATE-FACTOR or NAME:FACTOR:DECAY"
  package static let teacherForcing = "always, linear:LAST:STEPS or sigmoid:WIDTH"
}
