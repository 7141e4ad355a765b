import Chat
import Database
import Formats
import HTTP
import JSON
import Providers

/// Prepares a request for an upstream. Large bodies are read and written on a worker. The request is already admitted,
/// so that the worker never refuses it.
extension Caller {
    /// The client's own bytes, adapted to an upstream of the same format.
    func spliced(
        _ target: PassThroughTarget, _ channel: Channel, _ exchange: borrowing Exchange
    ) async -> [UInt8] {
        let (body, envelope, model) = (exchange.body, exchange.envelope, exchange.model)
        let (asksForUsage, prompt) = (target.takesStreamOptions, channel.systemPrompt)
        guard body.count > LoopSlice.bytes else {
            return OpenAIPassThrough.body(
                body, envelope: envelope, model: model, asksForUsage: asksForUsage, systemPrompt: prompt)
        }
        return await services.offLoop(certainly: body.count, of: exchange.principal.user.id) { _ in
            OpenAIPassThrough.body(
                body, envelope: envelope, model: model, asksForUsage: asksForUsage, systemPrompt: prompt)
        }
    }

    func decoded(_ exchange: borrowing Exchange) async throws(RequestError) -> ChatRequest {
        let body = exchange.body
        return try await services.offLoop(
            certainly: body.count, of: exchange.principal.user.id
        ) { _ throws(RequestError) in try OpenAIRequestDecoder.decode(body) }
    }

    /// - Parameter fetched: the bytes of downloaded images, which the request has in addition to its own.
    func encoded(
        _ chat: ChatRequest, _ provider: any Provider, _ target: ProviderCall, fetched: Int,
        _ exchange: borrowing Exchange
    ) async throws(RequestError) -> EncodedRequest {
        try await services.offLoop(
            certainly: exchange.body.count + fetched, of: exchange.principal.user.id
        ) { _ throws(RequestError) in try provider.encode(chat, for: target) }
    }
}

extension OneShotCaller {
    /// The client's own bytes with the upstream's name for the model.
    func named(_ exchange: borrowing Exchange) async -> [UInt8] {
        let (body, model, asked) = (exchange.body, exchange.model, exchange.envelope.model)
        guard model != asked else { return body }
        return await services.offLoop(certainly: body.count, of: exchange.principal.user.id) { _ in
            Self.naming(body, model, instead: asked)
        }
    }
}
