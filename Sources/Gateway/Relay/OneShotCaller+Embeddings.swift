import Chat
import EventLoop
import Formats
import HTTP
import JSON
import Providers
import Tokenizer

/// Embeddings of providers that have a format of their own.
extension OneShotCaller {
    func embed(
        _ asked: EmbeddingRequest, _ isBase64: Bool, _ provider: any EmbeddingProvider, _ target: ProviderCall,
        _ call: UpstreamCall, _ request: ServerRequest, _ exchange: borrowing Exchange
    ) async throws(Problem) -> Answer {
        let userID = exchange.userID
        let encoded: EncodedRequest
        do throws(RequestError) {
            encoded = try await services.offLoop(
                certainly: exchange.body.count, of: userID
            ) { _ throws(RequestError) in
                try provider.encode(Self.spelledOut(asked), for: target).following(
                    target.channel.rules, model: target.model, hasLimit: false)
            }
        } catch { throw .refused(error) }
        let (response, body) = try await ask(encoded, provider, request, call, userID)
        let status = response.status
        do throws(UpstreamFailure) {
            let answer = try await services.offLoop(
                certainly: body.count, of: userID
            ) { _ throws(UpstreamFailure) in try provider.decodeEmbeddings(body, status: status) }
            guard answer.vectors.count == asked.inputs.count else {
                throw UpstreamFailure(
                    kind: .notTheProvider, status: 502,
                    message: "The upstream answered \(answer.vectors.count) of \(asked.inputs.count) inputs.",
                    code: .text("bad_upstream_response"))
            }
            var usage = answer.usage ?? Usage(isEstimated: true)
            if answer.usage == nil {
                var tally = exchange.tally()
                usage.promptTokens = await tally.prompt(services)
            }
            let (model, promptTokens) = (exchange.envelope.model, usage.promptTokens)
            let bytes = await services.offLoop(certainly: body.count, of: userID) { _ in
                let encodes: (([UInt8]) -> String)? = isBase64 ? { Base64.encode($0) } : nil
                return OpenAIOneShotAnswers.embeddings(
                    answer, model: answer.model.isEmpty ? model : answer.model, promptTokens: promptTokens,
                    base64: encodes)
            }
            return Answer(body: bytes, usage: usage, production: Production(received: Int64(body.count)))
        } catch { throw .failed(error) }
    }

    /// The request, if the vendor cannot read OpenAI's tokens in it; `nil` otherwise.
    static func unread(_ question: OneShotRelay.Question, by vendor: OpenAIVendor) -> EmbeddingRequest? {
        guard !vendor.readsOpenAITokens, case .embeddings(let asked, _) = question else { return nil }
        let hasTokens = asked.inputs.contains { if case .tokens = $0 { true } else { false } }
        return hasTokens ? asked : nil
    }

    /// The body with texts in place of its tokens.
    static func spelling(out asked: EmbeddingRequest, in body: [UInt8]) -> [UInt8] {
        let texts = spelledOut(asked).inputs.map { input -> JSON in
            if case .text(let text) = input { .string(text) } else { .null }
        }
        return body.withUnsafeBytes { bytes in
            guard let member = JSONSpans.find("input", in: bytes) else { return body }
            return JSONSpans.splice(body, [JSONEdit(member.valueRange, JSON.array(texts).encoded())])
        }
    }

    /// The tokens as text, because other providers do not know OpenAI's tokens.
    private static func spelledOut(_ asked: EmbeddingRequest) -> EmbeddingRequest {
        var request = asked
        let tokenizer = Tokenizer(.cl100k)
        request.inputs = asked.inputs.map { input in
            guard case .tokens(let tokens) = input else { return input }
            return .text(String(decoding: tokenizer.decode(tokens.map { Int(clamping: $0) }), as: UTF8.self))
        }
        return request
    }
}
