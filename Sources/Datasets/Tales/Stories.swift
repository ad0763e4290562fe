/// The stories.
enum Stories {
  /// A story, and the blank line after it.
  static let any: Phrase = """
    \(oneOf: lostThing, quest, spoiltPlan, gift, race, birthday, letter, chase) \(ending)


    """

  static let lostThing: Phrase = """
    One \(.quality) \(partOfDay) \(new: hero.name) lost \(hero.their) \(new: thing.noun). \
    The \(thing.noun) \(thing.was) \(new: place.at), with \(.aTemper) \(new: animal.name). \
    The \(animal.name) sold \(thing.them) for \(heap).
    """

  static let quest: Phrase = """
    \(new: hero.Name) \(walked) \(.number) \(days) to find \(new: thing.some). \(thing.It) \(thing.was) \
    \(new: place.at), under \(heap).
    """

  static let spoiltPlan: Phrase = """
    On \(new: day.name) \(new: weather.came). On \(day.next) \(new: hero.name) \(new: plan.done) \
    \(new: place.at) and found \(heap).
    """

  static let gift: Phrase = """
    \(new: hero.Name) gave \(new: friend.name, besides: hero) \(new: thing.some). \(friend.Name) \
    \(.adverb) hid the \(thing.noun) \(new: place.at), among \(heap).
    """

  static let race: Phrase = """
    \(new: hero.Name) raced \(.aTemper) \(new: animal.name) to \(new: place.the). The \(animal.name) \
    stopped to \(new: vice.delay). \(vice.moral) So \(hero.name) won \(heap).
    """

  static let birthday: Phrase = """
    \(new: day.name) was the birthday of \(.aTemper) \(new: animal.name). The \(animal.name) kissed \
    \(new: hero.name), and \(hero.name) \(.adverb) brought \(heap).
    """

  static let letter: Phrase = """
    "Dear \(new: friend.name)," wrote \(new: hero.name, besides: friend), "come to \(new: place.the)." \
    But at \(place.the) \(friend.name) met \(.aTemper) \(new: animal.name), and the \(animal.name) had \(heap).
    """

  static let chase: Phrase = """
    The \(new: animal.name) \(chased) the \(new: rival.name, besides: animal), the \(rival.name) \
    \(chased) \(new: hero.name), and \(hero.name) \(.adverb) dropped \(heap).
    """

  /// The ending of every story.
  static let ending: Phrase = .oneOf(
    "That night \(hero.name) ate \(feast).",
    "\(hero.They) went home for \(feast).",
    "There was \(feast) for all.",
    "That night \(hero.name) dreamed of \(heap).")

  /// The things that a search finds first.
  static let heap: Phrase = .oneOf(
    "\(.number) \(.colour) \(.trifles_)",
    2 * "\(.number) \(.colour) \(.trifles_) and \(.aTrifle)")

  /// The meal at the end.
  static let feast: Phrase = "\(.taste) \(.dish) with \(.side)"

  static let partOfDay: Phrase = .any(of: ["morning", "evening", "afternoon", "night"])
  static let walked: Phrase = .any(of: ["walked", "rode", "sailed", "wandered"])
  static let days: Phrase = .any(of: ["days", "nights", "weeks", "months"])
  static let chased: Phrase = .any(of: [
    "chased", "kissed", "woke", "tickled", "followed", "carried",
  ])
}

/// The slots of a story.
extension Stories {
  static let hero = Slot(0, Person.everyone)
  static let friend = Slot(1, Person.everyone)
  static let thing = Slot(2, Belonging.all)
  static let animal = Slot(3, Animal.all)
  static let rival = Slot(9, Animal.all)
  static let place = Slot(4, Place.all)
  static let weather = Slot(5, Weather.all)
  static let plan = Slot(6, Plan.all)
  static let day = Slot(7, Day.week)
  static let vice = Slot(8, Vice.all)
}
