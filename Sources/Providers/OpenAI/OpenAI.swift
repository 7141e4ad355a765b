package import Chat
package import HTTP
package import JSON

/// OpenAI and every vendor that speaks its format.
package struct OpenAI: Provider {
    package let descriptor = ProviderDescriptor(
        name: "OpenAI", format: .openAI, channelTypes: OpenAIVendor.all.keys.sorted())

    package init() {}

    package func encode(
        _ request: ChatRequest, for call: ProviderCall
    ) throws(RequestError) -> EncodedRequest {
        guard let vendor = OpenAIVendor.all[call.channel.type],
            let url = vendor.url(of: .chat, for: call.channel, model: call.model)
        else {
            throw RequestError(.invalidValue, "Channel type \(call.channel.type) does not speak OpenAI's format.")
        }
        let accept = request.stream.isOn ? "text/event-stream" : "application/json"
        return EncodedRequest(
            url: url, headers: vendor.headers(key: call.channel.key, accept: accept),
            body: try OpenAIRequestEncoder.encode(request, model: call.model))
    }

    package func decode(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> [ChatEvent] {
        guard let root = try? JSON.parse(body), root.object != nil else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        if let failure = OpenAIErrors.hidden(in: root, needsChoices: true) { throw failure }
        var reader = OpenAIEventReader()
        var events: [ChatEvent] = []
        reader.read(root, into: &events)
        return events
    }

    package func decoder() -> OpenAIStreamDecoder { OpenAIStreamDecoder() }

    package func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        OpenAIErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }
}
