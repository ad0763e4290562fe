/// What is to be saved, or was loaded: named arrays, JSON and bytes, in sections.
public struct Checkpoint: Sendable {
}
