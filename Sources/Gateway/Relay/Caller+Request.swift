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
        _ channel: Channel, _ exchange: borrowing Exchange, asksForUsage: Bool
    ) async -> [UInt8] {
        let (body, envelope, model) = (exchange.body, exchange.envelope, exchange.model)
        guard body.count > LoopSlice.bytes else {
            return Self.spliced(body, envelope, model, channel, asksForUsage)
        }
        return await services.offLoop(certainly: body.count, of: exchange.principal.user.id) { _ in
            Self.spliced(body, envelope, model, channel, asksForUsage)
        }
    }

    private static func spliced(
        _ body: [UInt8], _ envelope: ChatEnvelope, _ model: String, _ channel: Channel, _ asksForUsage: Bool
    ) -> [UInt8] {
        let spliced = OpenAIPassThrough.body(
            body, envelope: envelope, model: model, asksForUsage: asksForUsage, systemPrompt: channel.systemPrompt)
        guard channel.upstream.rules.changesBody(model: model, hasLimit: envelope.maxTokens != nil) else {
            return spliced
        }
        return channel.upstream.rules.rewritten(spliced, model: model)
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
        let hasLimit = exchange.envelope.maxTokens != nil
        return try await services.offLoop(
            certainly: exchange.body.count + fetched, of: exchange.principal.user.id
        ) { _ throws(RequestError) in
            try provider.encode(chat, for: target).following(
                target.channel.rules, model: target.model, hasLimit: hasLimit)
        }
    }
}

extension OneShotCaller {
    /// The client's own bytes with the upstream's name for the model, changed by the channel's rules.
    /// - Parameter texts: replaces the input if the vendor cannot read OpenAI's tokens.
    func fitted(_ channel: Channel, texts: EmbeddingRequest?, _ exchange: borrowing Exchange) async -> [UInt8] {
        let (body, model, asked) = (exchange.body, exchange.model, exchange.envelope.model)
        let rules = channel.upstream.rules
        guard model != asked || texts != nil || rules.changesBody(model: model, hasLimit: false) else { return body }
        return await services.offLoop(certainly: body.count, of: exchange.principal.user.id) { _ in
            var fitted = Self.naming(body, model, instead: asked)
            if let texts { fitted = Self.spelling(out: texts, in: fitted) }
            return rules.changesBody(model: model, hasLimit: false) ? rules.rewritten(fitted, model: model) : fitted
        }
    }
}
