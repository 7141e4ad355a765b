import Arithmetic

/// What routing and metering need of a chat request, read without decoding the rest (spec/wire/openai.md §2).
package struct ChatEnvelope: Sendable, Equatable {
    package var model = ""
    package var isStream = false
    /// The client asked for the usage chunk.
    package var includesUsage = false
    /// The larger of `max_completion_tokens` and `max_tokens`, as some vendors read only one of them; `nil` where the
    /// client set no limit.
    package var maxTokens: Int64?
    /// Answers asked for.
    package var count: Int64 = 1
    /// Image parts of all messages.
    package var imageCount = 0
    /// Something marks what the provider is to keep in its cache.
    package var writesCache = false
    /// The prompt has sound in it.
    package var hearsAudio = false
    /// The answer may be sound.
    package var speaks = false
    /// A tool's result names a call by an id that OpenAI would refuse for its length.
    package var hasLongCallIDs = false
    package var spans = Spans()

    package init() {}

    /// Where the members lie that a relay edits.
    package struct Spans: Sendable, Equatable {
        package var model: Range<Int> = 0..<0
        package var streamOptions: Range<Int>?
        package var messages: Range<Int> = 0..<0

        package init() {}
    }

    /// Tokens that the answers may have in all.
    package var maxCompletionTokens: Int64? { maxTokens.map { $0.times(count) } }
}
