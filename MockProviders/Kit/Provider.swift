import HTTP
import JSON

/// An upstream that the mock plays. It turns a request's values into an answer's values, and lives in a folder of its
/// own.
///
/// The kit does sockets, the journal, faults, the pace and the ledger; a provider never sees them.
protocol Provider: Sendable {
    /// The model and the key that a request names. Faults and scripts are matched by them; nothing is checked yet.
    func identity(of call: Call) -> Identity
    /// Answers a request. It never suspends, because `call` holds views into the parser's document.
    func answer(_ call: Call) -> Answer
    /// The failure that the provider's catalogue has under a name or a status.
    func failure(named name: String, call: Call) -> Answer?
    /// The event by which a stream tells its client that the service has failed.
    var midStreamFailure: [UInt8] { get }
    /// Drops what earlier requests left, such as cached prompts.
    func reset()
}

struct Identity: Sendable {
    var model: String?
    var key: String?
}

/// A request as plain values.
struct Call {
    let method: String
    /// The path as it was sent.
    let path: String
    /// The path below the provider's prefix, such as `chat/completions`; it is still percent-encoded.
    let route: String
    let query: String
    let headers: HTTPHeaders
    let body: [UInt8]
    let content: Content
    var identity = Identity()
    /// The model and its name, where the service chooses the model by a deployment (Azure).
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
        /// The body is larger than the limit.
        case tooLarge
    }
}

/// An answer before faults are applied.
struct Answer: Sendable {
    enum Body: Sendable {
        case whole([UInt8])
        /// Server-sent events, each with its blank line. `end` is the terminator, such as `data: [DONE]`.
        case events([[UInt8]], end: [UInt8])
        /// One JSON array. Each write is an element with the bracket or comma before it. `end` closes the array, and
        /// `failure` is the element that tells of a failed service.
        case list([[UInt8]], end: [UInt8], failure: [UInt8])
        /// The pieces of a chunked body, such as audio.
        case pieces([[UInt8]])
    }

    var status = 200
    var headers: HTTPHeaders
    var body: Body
    var served: Served?
    /// A whole body is sent in chunks too, without its length, as some front ends do.
    var isChunked = false
}

/// The source of ids and times. With a seed they follow from the request; otherwise they are new each time.
struct IdentifierSource {
    var random: Seeded
    /// The time in whole seconds since 1970.
    let created: Int
    /// A number that follows from the request and the seed only. The answer's text follows from it.
    let content: UInt64
}

/// A queued answer. Its values replace those that the mock would have made.
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
    /// The text in exactly these pieces. They take precedence over `text`.
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

/// How an answer misreports its usage. The mock's ledger keeps the true numbers.
package enum UsageFault: String, Sendable {
    case none, missing, zero
    /// Ten times the true numbers.
    case wrong
}
