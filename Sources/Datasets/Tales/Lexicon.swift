/// A person, or a group that acts together.
struct Person: Sendable {
  let name, Name, they, They, them, their: String

  static let everyone = [
    she("Ada"), she("Nell"), she("Ivy"), he("Tom"), he("Hugo"), he("Otto"),
    several("the twins"), several("the cooks"),
  ]

  private static func she(_ name: String) -> Person {
    Person(name: name, Name: name, they: "she", They: "She", them: "her", their: "her")
  }

  private static func he(_ name: String) -> Person {
    Person(name: name, Name: name, they: "he", They: "He", them: "him", their: "his")
  }

  private static func several(_ name: String) -> Person {
    Person(
      name: name, Name: capitalized(name), they: "they", They: "They", them: "them", their: "their")
  }
}

/// A thing, or a pair of things, to own, lose and wish for.
struct Belonging: Sendable {
  let noun, some, it, It, them, Is, was: String

  static let all =
    ["kite", "drum", "bell", "lamp", "clock", "umbrella"].map { Belonging($0, isPair: false) }
    + ["boots", "skates"].map { Belonging($0, isPair: true) }

  private init(_ noun: String, isPair: Bool) {
    self.noun = noun
    some = isPair ? "some " + noun : article(noun) + noun
    it = isPair ? "they" : "it"
    It = isPair ? "They" : "It"
    them = isPair ? "them" : "it"
    was = isPair ? "were" : "was"
    Is = isPair ? "They are" : "It is"
  }
}

/// An animal that speaks, and what it likes best.
struct Animal: Sendable {
  let name, a, food: String

  static let all = [
    Animal(name: "owl", food: "nuts"), Animal(name: "bear", food: "honey"),
    Animal(name: "fox", food: "grapes"), Animal(name: "hen", food: "corn"),
    Animal(name: "mole", food: "roots"), Animal(name: "crow", food: "cherries"),
    Animal(name: "mouse", food: "cheese"), Animal(name: "otter", food: "fish"),
  ]

  private init(name: String, food: String) {
    self.name = name
    self.food = food
    a = article(name) + name
  }
}

/// A place, and the phrase for being there.
struct Place: Sendable {
  let the, at: String

  static let all = [
    Place("by the", "mill"), Place("on the", "roof"), Place("under the", "bridge"),
    Place("behind the", "inn"), Place("at the", "fair"), Place("in the", "garden"),
    Place("near the", "tower"), Place("in the", "attic"),
  ]

  private init(_ preposition: String, _ noun: String) {
    the = "the " + noun
    at = preposition + " " + noun
  }
}

/// Weather that spoils a plan: the phrases for its start and end.
struct Weather: Sendable {
  let came, went: String

  static let all = [
    Weather(came: "it rained", went: "the rain stopped"),
    Weather(came: "it snowed", went: "the snow melted"),
    Weather(came: "fog came in", went: "the fog lifted"),
    Weather(came: "a wind rose", went: "the wind dropped"),
    Weather(came: "it hailed", went: "the hail was over"),
    Weather(came: "a storm broke", went: "the storm passed"),
  ]
}

/// An outdoor plan, in the words before and after it.
struct Plan: Sendable {
  let wanted, done: String

  static let all = [
    Plan(wanted: "fish", done: "fished"), Plan(wanted: "swim", done: "swam"),
    Plan(wanted: "dance", done: "danced"), Plan(wanted: "paint", done: "painted"),
    Plan(wanted: "sing", done: "sang"), Plan(wanted: "ride", done: "rode"),
  ]
}

/// A day of the week and the day after it.
struct Day: Sendable {
  let name, next: String

  static let week: [Day] = {
    let names = [
      "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    return names.indices.map { Day(name: names[$0], next: names[($0 + 1) % names.count]) }
  }()
}

/// A weakness, how it shows in a race, and its moral.
struct Vice: Sendable {
  let word, A, delay, moral: String

  static let all = [
    Vice("vain", "look in a puddle", "Mirrors win no races."),
    Vice("greedy", "eat plums", "A full belly runs slowly."),
    Vice("lazy", "take a nap", "Late is later than slow."),
    Vice("proud", "boast to a cow", "Talk has short legs."),
    Vice("nosy", "read a letter", "Eyes belong on the road."),
    Vice("idle", "count clouds", "Clouds keep no score."),
  ]

  private init(_ word: String, _ delay: String, _ moral: String) {
    self.word = word
    A = capitalized(article(word)) + word
    self.delay = delay
    self.moral = moral
  }
}

/// Words that are used once and not stored in a slot.
extension Phrase {
  static let aTrifle = any(of: trifles.map { article($0) + $0 })
  static let trifles_ = any(of: trifles.map { $0 + "s" })
  static let colour = any(
    of: words(
      "red blue pink grey green brown black white purple golden orange yellow silver striped tiny huge"
    ))
  static let taste = any(
    of: words("hot cold sweet sour warm fresh salty burnt bitter creamy mild spicy crisp plain"))
  static let dish = any(
    of: words(
      "bread cake soup tea jam pie rice milk toast butter cider porridge salad pudding stew fudge cocoa mustard custard syrup"
    ))
  static let side = any(
    of: words(
      "nuts peas mint dill ham beans figs dates leeks garlic ginger cream cheese honey grapes melon onions salt sugar bacon"
    ))
  static let aTemper = any(of: tempers.map { article($0) + $0 })
  static let number = any(of: words("two three four five six seven eight nine ten"))
  static let adverb = any(
    of: words(
      "gladly slowly kindly quickly sadly boldly gently proudly bravely calmly loudly shyly wisely politely warmly neatly"
    ))
  static let quality = any(
    of: words("cold warm grey bright quiet misty windy long dull mild starry frosty golden strange")
  )
}

private let trifles = words(
  """
  bun coin comb cork crumb egg fan fork jar jug key knot mask mug nail oar pan pear pin plum pot \
  rag ring rope saw shoe snail sock spoon stamp stone thimble twig urn acorn apple arrow axe
  """)

private let tempers = words(
  "shy sad kind wise merry cross sleepy young clever rude noble silly gentle angry humble eager brave tired"
)

private func words(_ list: String) -> [String] {
  list.split(separator: " ").map { word in
    String(word.map { $0 == "_" ? " " : $0 })
  }
}

private func article(_ word: String) -> String {
  "aeiou".contains(word.prefix(1)) ? "an " : "a "
}

private func capitalized(_ word: String) -> String {
  word.prefix(1).uppercased() + word.dropFirst()
}
