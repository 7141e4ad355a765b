import Chat
import EventLoop
import Formats
import HTTP
import JSON
import Providers
import Tokenizer

/// Calls a channel for one answer: the client's bytes go on where the channel speaks its format, else the provider
/// translates.
struct OneShotCaller {
    enum Problem: Error {
        case refused(RequestError)
        case failed(UpstreamFailure)
        /// - Parameter wasAsked: the upstream may have done what was asked.
        case clientGone(wasAsked: Bool)

        var gatewayError: GatewayError {
            switch self {
            case .refused(let error): .request(error)
            case .failed(let failure): .upstream(failure)
            case .clientGone: .upstream(Caller.failure(.cancelled))
            }
        }
    }

    struct Answer {
        var body: [UInt8]
        var usage: Usage?
        /// Images that came, where they are known.
        var imageCount: Int64?
    }

    /// How often an image is asked for: soon at first, then less and less.
    private static let pollIntervals: (first: Duration, last: Duration) = (.milliseconds(500), .seconds(5))

    let services: Services
    let context: RequestContext

    func call(
        _ channel: Channel, _ question: OneShotRelay.Question, _ exchange: borrowing Exchange, _ request: ServerRequest
    ) async throws(Problem) -> Answer {
        let call = UpstreamCall()
        request.onDisconnect { call.cancel() }
        defer { request.onDisconnect(nil) }
        do throws(Problem) { return try await ask(channel, question, exchange, request, call) } catch {
            if case .clientGone = error { throw error }
            throw call.isCancelled ? .clientGone(wasAsked: true) : error
        }
    }

    private func ask(
        _ channel: Channel, _ question: OneShotRelay.Question, _ exchange: borrowing Exchange, _ request: ServerRequest,
        _ call: UpstreamCall
    ) async throws(Problem) -> Answer {
        if let vendor = OpenAIVendor.all[channel.type],
            question.endpoint != .embeddings || !vendor.dialect.contains(.plainEmbeddings)
        {
            return try await passThrough(vendor, channel, question, exchange, call)
        }
        guard let provider = ProviderRegistry.provider(of: channel.type) else { throw Self.missing(question) }
        var token: AccessTokens.Held?
        var isRepeated = false
        while true {
            do throws(Problem) {
                return try await translate(provider, channel, question, exchange, request, call, &token)
            } catch {
                // A token that ended before its time is the gateway's affair, not the channel's.
                guard case .failed(let failure) = error,
                    services.accessTokens.forget(failure, token, of: channel.upstream), !isRepeated
                else { throw error }
                isRepeated = true
            }
        }
    }

    /// - Parameter token: what the call went with.
    private func translate(
        _ provider: any Provider, _ channel: Channel, _ question: OneShotRelay.Question,
        _ exchange: borrowing Exchange, _ request: ServerRequest, _ call: UpstreamCall,
        _ token: inout AccessTokens.Held?
    ) async throws(Problem) -> Answer {
        var target = ProviderCall(
            channel: channel.upstream, model: exchange.model, time: LocalTime.now().milliseconds)
        do throws(UpstreamFailure) {
            token = try await services.accessTokens.token(
                for: channel.upstream, of: provider, time: target.time, services: services, call: call)
            target.accessToken = token?.text
        } catch { throw call.isCancelled ? .clientGone(wasAsked: false) : .failed(error) }
        switch question {
        case .embeddings(let asked, let isBase64):
            guard let provider = provider as? any EmbeddingProvider else { throw Self.missing(question) }
            return try await embed(asked, isBase64, provider, target, call, model: exchange.envelope.model)
        case .images(let asked):
            guard let provider = provider as? any ImageProvider else { throw Self.missing(question) }
            return try await paint(asked, provider, target, call, request)
        case .moderation: throw Self.missing(question)
        }
    }

    private static func missing(_ question: OneShotRelay.Question) -> Problem {
        .refused(
            RequestError(
                .invalidValue, "The channel's provider has no \(question.endpoint.rawValue) endpoint.",
                parameter: "model"))
    }

    // MARK: The client's own format

    private func passThrough(
        _ vendor: OpenAIVendor, _ channel: Channel, _ question: OneShotRelay.Question,
        _ exchange: borrowing Exchange, _ call: UpstreamCall
    ) async throws(Problem) -> Answer {
        guard let url = vendor.url(of: question.endpoint, for: channel.upstream, model: exchange.model) else {
            throw Self.missing(question)
        }
        let encoded = EncodedRequest(
            url: url, headers: vendor.headers(key: channel.upstream.key, accept: "application/json"),
            body: await named(exchange))
        let (response, body) = try await send(encoded, call)
        let parser = JSONParser()
        guard (200..<300).contains(response.status) else {
            throw .failed(
                OpenAIErrors.failure(
                    status: response.status, headers: response.headers, body: body, parser: parser))
        }
        do throws(UpstreamFailure) {
            let usage = try OpenAIErrors.checkedUsage(
                of: body, status: response.status, contentType: response.headers["Content-Type"], parser: parser)
            return Answer(body: body, usage: usage)
        } catch { throw .failed(error) }
    }

    /// The body with the upstream's name for the model.
    static func naming(_ body: [UInt8], _ model: String, instead asked: String) -> [UInt8] {
        guard model != asked else { return body }
        return body.withUnsafeBytes { bytes in
            let name = JSON.string(model).encoded()
            if let member = JSONSpans.find("model", in: bytes) {
                return JSONSpans.splice(body, [JSONEdit(member.valueRange, name)])
            }
            let added = JSONSpans.insertion(of: Array(#""model":"#.utf8) + name, intoObjectAt: 0, in: bytes)
            return JSONSpans.splice(body, added.map { [$0] } ?? [])
        }
    }

    private func send(
        _ encoded: EncodedRequest, _ call: UpstreamCall
    ) async throws(Problem) -> (response: UpstreamResponse, body: [UInt8]) {
        let whole = WholeCall(
            services: services, limits: services.configuration.transportLimits, answerLimit: Caller.answerLimit)
        do throws(UpstreamFailure) { return try await whole.send(encoded, call) } catch { throw .failed(error) }
    }

    /// Sends and turns an error status into a failure.
    private func ask(
        _ encoded: EncodedRequest, _ provider: any Provider, _ call: UpstreamCall
    ) async throws(Problem) -> (response: UpstreamResponse, body: [UInt8]) {
        let (response, body) = try await send(encoded, call)
        guard (200..<300).contains(response.status) else {
            throw .failed(
                provider.failure(
                    status: response.status, headers: response.headers, body: body, parser: JSONParser()))
        }
        return (response, body)
    }

    // MARK: Embeddings

    private func embed(
        _ asked: EmbeddingRequest, _ isBase64: Bool, _ provider: any EmbeddingProvider, _ target: ProviderCall,
        _ call: UpstreamCall, model: String
    ) async throws(Problem) -> Answer {
        var request = asked
        // No other vendor knows OpenAI's tokens.
        let tokenizer = Tokenizer(.cl100k)
        request.inputs = asked.inputs.map { input in
            guard case .tokens(let tokens) = input else { return input }
            return .text(String(decoding: tokenizer.decode(tokens.map { Int($0) }), as: UTF8.self))
        }
        let encoded: EncodedRequest
        do throws(RequestError) { encoded = try provider.encode(request, for: target) } catch { throw .refused(error) }
        let (response, body) = try await ask(encoded, provider, call)
        do throws(UpstreamFailure) {
            let answer = try provider.decodeEmbeddings(body, status: response.status)
            guard answer.vectors.count == asked.inputs.count else {
                throw UpstreamFailure(
                    kind: .notTheProvider, status: 502,
                    message: "The upstream answered \(answer.vectors.count) of \(asked.inputs.count) inputs.",
                    code: .text("bad_upstream_response"))
            }
            let counter = PromptCounter(
                parser: JSONParser(), approximates: services.options.snapshot.approximatesTokens)
            let counted = { counter.tokens(of: asked, model: target.model) }
            let usage = answer.usage ?? Usage(promptTokens: counted(), isEstimated: true)
            let encodes: (([UInt8]) -> String)? = isBase64 ? { Base64.encode($0) } : nil
            let bytes = OpenAIOneShotAnswers.embeddings(
                answer, model: answer.model.isEmpty ? model : answer.model, promptTokens: usage.promptTokens,
                base64: encodes)
            return Answer(body: bytes, usage: usage)
        } catch { throw .failed(error) }
    }

    // MARK: Images

    private func paint(
        _ asked: ImageRequest, _ provider: any ImageProvider, _ target: ProviderCall, _ call: UpstreamCall,
        _ request: ServerRequest
    ) async throws(Problem) -> Answer {
        var encoded: EncodedRequest
        do throws(RequestError) { encoded = try provider.encode(asked, for: target) } catch { throw .refused(error) }
        let start = request.loop.now
        var hasTask = false
        var interval = Self.pollIntervals.first
        func rest() async {
            await request.loop.sleep(for: interval)
            interval = min(interval * 3 / 2, Self.pollIntervals.last)
        }
        while true {
            let body: [UInt8]
            let status: Int
            do throws(Problem) {
                let (response, bytes) = try await ask(encoded, provider, call)
                (body, status) = (bytes, response.status)
            } catch {
                // A task that was begun is paid for: a poll that fails is repeated, and never begun elsewhere.
                guard hasTask, case .failed(let failure) = error, !call.isCancelled else { throw error }
                guard failure.isRetryable, isPatient(start, request) else { throw .failed(failure.final) }
                await rest()
                continue
            }
            let progress: ImageProgress
            do throws(UpstreamFailure) {
                progress = try provider.decodeImages(body, status: status, for: target)
            } catch { throw .failed(hasTask ? error.final : error) }
            switch progress {
            case .done(let answer):
                let images = try await inlined(answer, asked, call)
                return Answer(
                    body: OpenAIOneShotAnswers.images(images, created: context.time), usage: nil,
                    imageCount: Int64(images.images.count))
            case .pending(let poll):
                hasTask = true
                guard isPatient(start, request) else {
                    throw .failed(
                        UpstreamFailure(
                            kind: .timedOut, status: 504, message: "The upstream's image task did not end in time.",
                            code: .text("image_task_timeout")
                        ).final)
                }
                encoded = poll
                await rest()
            }
        }
    }

    private func isPatient(_ start: UInt64, _ request: ServerRequest) -> Bool {
        request.loop.now &- start < services.configuration.imageTaskTimeout.nanoseconds
    }

    /// Images by address, fetched where the client wants their bytes.
    private func inlined(
        _ answer: ImageAnswer, _ asked: ImageRequest, _ call: UpstreamCall
    ) async throws(Problem) -> ImageAnswer {
        guard asked.responseFormat == "b64_json" else { return answer }
        var inlined = answer
        let hold = MediaHold(services.media)
        for index in inlined.images.indices {
            guard case .url(let address) = inlined.images[index].media else { continue }
            do throws(MediaProblem) {
                inlined.images[index].media = try await MediaFetcher(services: services).fetch(
                    address, "data[\(index)].url", call, hold)
            } catch {
                throw .failed(
                    UpstreamFailure(
                        kind: .server, status: 502, message: error.message, code: .text("image_download_failed")
                    ).final)
            }
        }
        return inlined
    }
}
