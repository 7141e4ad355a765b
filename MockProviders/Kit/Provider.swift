import HTTP
import JSON

/// An upstream that the mock plays: a folder of its own that turns a request's values into an answer's.
///
/// The kit does sockets, journal, faults, pace and ledger; a provider never sees them.
protocol Provider: Sendable {
    /// The model and the key of a request, for matching faults and scripts; nothing is checked yet.
    func identity(of call: Call) -> Identity
    /// Answers; runs to the end without suspending, since `call` holds views into the loop's parser.
    func answer(_ call: Call) -> Answer
    /// A failure by the name or the status under which the provider's catalogue has it.
    func failure(named name: String, call: Call) -> Answer?
    /// The event that tells a client of a stream that the service broke down.
    var midStreamFailure: [UInt8] { get }
    /// Forgets what earlier requests left, such as cached prompts.
    func reset()
}

struct Identity: Sendable {
    var model: String?
    var key: String?
}

/// A request in plain values.
struct Call {
    let method: String
    /// As sent.
    let path: String
    /// Below the provider's prefix, such as `chat/completions`, still percent-encoded.
    let route: String
    let query: String
    let headers: HTTPHeaders
    let body: [UInt8]
    let content: Content
    var identity = Identity()
    /// Set where the service, and not OpenAI's own table, says which model answers.
    var deployment: Deployment?
    var script: Script?
    var usage = UsageFault.none
    var ids: IdentifierSource

    enum Content {
        case none
        case json(JSONView)
        case badJSON(JSONError)
        case form(MultipartForm)
        case badForm(String)
        /// Above the limit.
        case tooLarge
    }
}

/// What goes out, before faults.
struct Answer: Sendable {
    enum Body: Sendable {
        case whole([UInt8])
        /// Server-sent events, each with its blank line; `end` is the terminator, such as `data: [DONE]`.
        case events([[UInt8]], end: [UInt8])
        /// One JSON array, a write an element with the bracket or comma before it; `end` closes it, and `failure` is the
        /// element of a breakdown.
        case list([[UInt8]], end: [UInt8], failure: [UInt8])
        /// Pieces of a chunked body, such as audio.
        case pieces([[UInt8]])
    }

    var status = 200
    var headers: HTTPHeaders
    var body: Body
    var served: Served?
    /// Whether a whole body too is sent without its length, as some front ends do.
    var isChunked = false
}

/// Where ids and times come from: the request alone when a seed is given, otherwise they are new each time.
struct IdentifierSource {
    var random: Seeded
    /// Whole seconds since 1970.
    let created: Int
    /// Follows the request and the seed only, so that the answer's text does.
    let content: UInt64
}

/// A queued answer: what is given replaces what the mock would have said.
package struct Script: Sendable {
    package struct ToolCall: Sendable {
        package var name: String
        package var arguments: String
        package init(name: String, arguments: String) {
            self.name = name
            self.arguments = arguments
        }
    }

    /// Stands before the text that the mock makes itself, unless that is JSON.
    package var opening: String?
    package var text: String?
    /// The text in exactly these pieces; goes before `text`.
    package var chunks: [String]?
    package var toolCalls: [ToolCall] = []
    package var refusal: String?
    package var finishReason: String?
    package var promptTokens: Int?
    package var completionTokens: Int?
    package var cachedTokens: Int?
    package var reasoningTokens: Int?

    package init() {}
}

/// What becomes of the usage in an answer; the mock's ledger keeps the truth.
package enum UsageFault: String, Sendable {
    case none, missing, zero
    /// Ten times the truth.
    case wrong
}
