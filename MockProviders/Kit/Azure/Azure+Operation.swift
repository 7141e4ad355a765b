extension Azure {
    /// The operations of a deployment, by their paths below it (spec/wire/azure.md §1.1).
    enum Operation: String {
        case chat = "chat/completions"
        case completions
        case embeddings
        case transcriptions = "audio/transcriptions"
        case translations = "audio/translations"
        case speech = "audio/speech"
        case generations = "images/generations"
        case edits = "images/edits"

        var kinds: [Model.Kind] {
            switch self {
            case .chat: [.chat, .reasoning, .any]
            case .completions: [.completion, .any]
            case .embeddings: [.embedding, .any]
            case .transcriptions, .translations: [.transcription, .any]
            case .speech: [.speech, .any]
            case .generations, .edits: [.image, .any]
            }
        }

        var isForm: Bool { [.transcriptions, .translations, .edits].contains(self) }

        /// The filter reads the operation's prompt.
        var isText: Bool { self == .chat || self == .completions }

        /// The operation's name in `OperationNotSupported`.
        var noun: String {
            switch self {
            case .chat: "chatCompletion"
            case .completions: "completion"
            case .embeddings: "embeddings"
            case .transcriptions: "audioTranscription"
            case .translations: "audioTranslation"
            case .speech: "audioSpeech"
            case .generations: "imageGeneration"
            case .edits: "imageEdit"
            }
        }

        /// The operation's name in a rate limit's message.
        var action: String {
            switch self {
            case .chat: "ChatCompletions_Create"
            case .completions: "Completions_Create"
            case .embeddings: "Embeddings_Create"
            case .transcriptions: "Transcriptions_Create"
            case .translations: "Translations_Create"
            case .speech: "Speech_Create"
            case .generations: "ImageGenerations_Create"
            case .edits: "ImageEdits_Create"
            }
        }
    }
}
