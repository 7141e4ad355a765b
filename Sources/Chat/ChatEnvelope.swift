import Arithmetic

/// The parts of a chat request that routing and metering need. The rest is not decoded (spec/wire/openai.md §2).
package struct ChatEnvelope: Sendable, Equatable {
    package var model = ""
    package var isStream = false
    /// The client asked for the chunk with the usage.
    package var includesUsage = false
    /// The larger of `max_completion_tokens` and `max_tokens`, because some vendors read only one of them; `nil` if the
    /// client set neither.
    package var maxTokens: Int64?
    /// How many answers the client asks for.
    package var count: Int64 = 1
    /// The number of image parts in all messages.
    package var imageCount = 0
    /// The request marks a part that the provider shall keep in its cache.
    package var writesCache = false
    /// The prompt contains audio.
    package var hearsAudio = false
    /// The answer may contain audio.
    package var speaks = false
    /// A tool's result names a call by an id that OpenAI would refuse for its length.
    package var hasLongCallIDs = false
    package var spans = Spans()

    package init() {}

    /// The byte ranges of the members that a relay edits.
    package struct Spans: Sendable, Equatable {
        package var model: Range<Int> = 0..<0
        package var streamOptions: Range<Int>?
        package var messages: Range<Int> = 0..<0

        package init() {}
    }

    /// The limit of the tokens of all answers together.
    package var maxCompletionTokens: Int64? { maxTokens.map { $0.times(count) } }
}
