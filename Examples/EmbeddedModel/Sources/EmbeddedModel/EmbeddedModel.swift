import Models

/// Writes a story with the model of tales.rnnz, which is embedded in this program.
@main
struct EmbeddedModel {
  static func main() {
    let prompt = "Once "
    let sampler = Sampler(temperature: 0.7)
    print(prompt + Models.tales.generate(prompt: prompt, length: 200, sampler: sampler, seed: 1))
  }
}
