package import Chat
package import HTTP
package import JSON

/// One kind of upstream: pure functions from hub values to bytes and back, without socket, clock or database.
package protocol Provider: Sendable {
    associatedtype Decoder: AnswerDecoder

    var descriptor: ProviderDescriptor { get }

    /// Where and how a chat request goes.
    /// - Parameters:
    ///   - request: what the client asked.
    ///   - model: the upstream's name for the model.
    ///   - channel: address and credentials.
    /// - Throws: what this provider cannot express, naming the field.
    func encode(
        _ request: ChatRequest, model: String, channel: ProviderChannel
    ) throws(RequestError) -> EncodedRequest

    /// A whole answer with a status of success.
    /// - Throws: what the body is instead.
    func decode(_ body: [UInt8], status: Int, contentType: String?) throws(UpstreamFailure) -> [ChatEvent]

    /// A decoder for one stream.
    func decoder() -> Decoder

    /// An answer with an error status.
    func failure(status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser) -> UpstreamFailure
}

/// Reads one stream, at any split of its bytes.
package protocol AnswerDecoder {
    /// Whether there is no use in reading on.
    var isOver: Bool { get }

    mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent])

    /// Ends the stream; adds `failed` if the answer is not whole.
    /// - Parameter isCleanEnd: the upstream's message ended as framed, not by a broken connection.
    mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent])
}

/// What a provider needs to know of a channel.
package struct ProviderChannel: Sendable {
    /// Number of the channel type.
    package var type: Int
    /// Empty means the type's default.
    package var baseURL: String
    package var key: String

    package init(type: Int, baseURL: String, key: String) {
        self.type = type
        self.baseURL = baseURL
        self.key = key
    }
}

/// A request ready for the transport.
package struct EncodedRequest: Sendable {
    package var url: String
    package var headers: HTTPHeaders
    package var body: [UInt8]
}

/// What a provider is called and which channel types it serves.
package struct ProviderDescriptor: Sendable, Equatable {
    package var name: String
    /// The format of its bodies: where the client's is the same, they pass through.
    package var format: WireFormat
    package var channelTypes: [Int]
}
