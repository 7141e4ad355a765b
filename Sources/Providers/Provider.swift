package import Chat
package import HTTP
package import JSON

/// One kind of upstream: pure functions from hub values to bytes and back, without socket, clock or database.
///
/// What a provider cannot express is refused with a `RequestError` that names the field where it would change the
/// meaning of the answer, and dropped by a rule written in the provider's folder where it would not.
package protocol Provider: Sendable {
    associatedtype Decoder: AnswerDecoder

    var descriptor: ProviderDescriptor { get }

    /// What is wrong with a channel's key, as a sentence; `nil` if it has the provider's form (spec/channels.md §1).
    func problem(withKey key: String) -> String?

    /// What is wrong with a channel's key or settings, as a sentence.
    func problem(with channel: ProviderChannel) -> String?

    /// Where the channel's access token comes from, for providers whose descriptor says that they need one.
    /// - Parameter time: now, in milliseconds since 1970.
    func tokenSource(for channel: ProviderChannel, time: Int64) -> TokenSource

    /// The answer to a token request.
    /// - Throws: the provider's refusal of the key.
    func accessToken(from body: [UInt8], status: Int) throws(UpstreamFailure) -> AccessToken

    /// Where and how a chat request goes.
    /// - Throws: what this provider cannot express, naming the field.
    func encode(_ request: ChatRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest

    /// A whole answer with a status of success.
    /// - Throws: what the body is instead.
    func decode(_ body: [UInt8], status: Int, contentType: String?) throws(UpstreamFailure) -> [ChatEvent]

    /// A decoder for one stream.
    func decoder() -> Decoder

    /// An answer with an error status, or an error that came with a status of success.
    func failure(status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser) -> UpstreamFailure
}

extension Provider {
    package func problem(withKey key: String) -> String? { nil }
    package func problem(with channel: ProviderChannel) -> String? {
        channel.unreadableKey ?? problem(withKey: channel.key)
    }
    package func tokenSource(for channel: ProviderChannel, time: Int64) -> TokenSource { .nothing }
    package func accessToken(from body: [UInt8], status: Int) throws(UpstreamFailure) -> AccessToken {
        throw UpstreamFailure(kind: .authentication, status: 401, message: "This provider has no access tokens.")
    }
}

/// A provider with an embeddings endpoint in a format of its own.
package protocol EmbeddingProvider: Provider {
    func encode(_ request: EmbeddingRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest
    func decodeEmbeddings(_ body: [UInt8], status: Int) throws(UpstreamFailure) -> EmbeddingAnswer
}

/// A provider that makes images, in a format of its own.
package protocol ImageProvider: Provider {
    func encode(_ request: ImageRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest
    /// - Returns: the images, or the request that asks how far they are.
    func decodeImages(
        _ body: [UInt8], status: Int, for call: ProviderCall
    ) throws(UpstreamFailure) -> ImageProgress
}

/// Whether an image task has ended.
package enum ImageProgress: Sendable {
    case done(ImageAnswer)
    case pending(poll: EncodedRequest)
}

/// Reads one stream, at any split of its bytes.
package protocol AnswerDecoder: Sendable {
    /// Whether there is no use in reading on.
    var isOver: Bool { get }

    /// Bytes that are kept of an event that has not ended.
    var pending: Int { get }

    mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent])

    /// Takes the last event, which may lack its blank line, where the upstream's message ended as framed.
    mutating func flush(into events: inout [ChatEvent])

    /// Ends the stream; adds `failed` if the answer is not whole.
    /// - Parameter isCleanEnd: the upstream's message ended as framed, not by a broken connection: the stream is flushed.
    mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent])
}

/// For decoders that keep nothing.
extension AnswerDecoder {
    package var pending: Int { 0 }
    package mutating func flush(into events: inout [ChatEvent]) {}
}

/// What a provider needs to know of a channel.
package struct ProviderChannel: Sendable {
    /// Number of the channel type.
    package var type: Int
    /// Without a trailing slash; empty means the type's default.
    package var baseURL: String
    package var key: String
    /// The channel's `config` (spec/channels.md §1, "Config loading"): `api_version`, `plugin`, `region`…
    package var settings: [String: String]

    package init(type: Int, baseURL: String, key: String, settings: [String: String] = [:]) {
        self.type = type
        self.baseURL = baseURL
        self.key = key
        self.settings = settings
    }

    /// What no header can carry, as a sentence.
    var unreadableKey: String? {
        key.unicodeScalars.contains { $0.value <= 0x20 || $0.value == 0x7f }
            ? "the key must not hold blanks or control characters" : nil
    }

    /// A setting that is there and not empty.
    package func setting(_ name: String) -> String? {
        guard let value = settings[name], !value.isEmpty else { return nil }
        return value
    }
}

/// The key never gets into a log by way of a description.
extension ProviderChannel: CustomStringConvertible, CustomReflectable {
    package var description: String { "channel of type \(type)" }
    package var customMirror: Mirror { Mirror(self, children: ["type": type]) }
}

/// One call of a channel, and what it depends on besides the request.
package struct ProviderCall: Sendable {
    package var channel: ProviderChannel
    /// The upstream's name for the model.
    package var model: String
    /// Now, in milliseconds since 1970.
    package var time: Int64
    /// For a provider that needs one.
    package var accessToken: String?
    /// The client's own headers of the provider's, such as `anthropic-beta`.
    package var clientHeaders: HTTPHeaders

    package init(
        channel: ProviderChannel, model: String, time: Int64 = 0, accessToken: String? = nil,
        clientHeaders: HTTPHeaders = HTTPHeaders()
    ) {
        self.channel = channel
        self.model = model
        self.time = time
        self.accessToken = accessToken
        self.clientHeaders = clientHeaders
    }
}

/// Where an access token comes from.
package enum TokenSource: Sendable {
    /// The key has not the form from which one could come.
    case nothing
    /// The key signs it.
    case made(AccessToken)
    /// The provider gives it for the key.
    case asked(EncodedRequest)
}

/// A credential with an end.
package struct AccessToken: Sendable, Equatable {
    package var text: String
    /// Seconds from now on.
    package var lifetime: Int64

    package init(text: String, lifetime: Int64) {
        self.text = text
        self.lifetime = lifetime
    }
}

/// A request ready for the transport.
package struct EncodedRequest: Sendable {
    package var method: HTTPMethod
    package var url: String
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(method: HTTPMethod = .post, url: String, headers: HTTPHeaders, body: [UInt8]) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What a provider is called and which channel types it serves.
package struct ProviderDescriptor: Sendable, Equatable {
    package var name: String
    /// The format of its bodies: where the client's is the same, they pass through.
    package var format: WireFormat
    package var channelTypes: [Int]
    /// Images by address must be fetched and sent along, since the provider takes only bytes.
    package var inlinesImages: Bool
    /// Calls carry an access token, which is kept from one to the next.
    package var needsToken: Bool
    /// Client headers that `encode` may read, in lower case.
    package var clientHeaders: [String]

    package init(
        name: String, format: WireFormat, channelTypes: [Int], inlinesImages: Bool = false,
        needsToken: Bool = false, clientHeaders: [String] = []
    ) {
        self.name = name
        self.format = format
        self.channelTypes = channelTypes
        self.inlinesImages = inlinesImages
        self.needsToken = needsToken
        self.clientHeaders = clientHeaders
    }
}
