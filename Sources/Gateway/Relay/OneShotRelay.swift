import Arithmetic
import Chat
import Database
import EventLoop
import HTTP
import Providers

/// `POST /v1/embeddings`, `/v1/images/generations` and `/v1/moderations`: one call of an upstream, one answer.
struct OneShotRelay: Sendable {
    /// What the client asks for, as far as metering and translation need it.
    enum Question: Sendable {
        case embeddings(EmbeddingRequest, isBase64: Bool)
        case images(ImageRequest)
        case moderation(ModerationRequest)

        var endpoint: OpenAIEndpoint {
            switch self {
            case .embeddings: .embeddings
            case .images: .imageGenerations
            case .moderation: .moderations
            }
        }

        var images: ImageRequest? {
            if case .images(let asked) = self { asked } else { nil }
        }

        /// The text whose tokens are counted; `nil` for images.
        var pieces: [PromptPiece]? {
            switch self {
            case .embeddings(let asked, _): asked.pieces
            case .images: nil
            case .moderation(let asked): asked.pieces
            }
        }
    }

    let services: Services

    /// The endpoint of a path; `nil` for any other.
    static func endpoint(_ path: String) -> OpenAIEndpoint? {
        switch path {
        case "/v1/embeddings": .embeddings
        case "/v1/images/generations": .imageGenerations
        case "/v1/moderations": .moderations
        // This is OpenAI's first address of the endpoint. It contains the model.
        default: path.hasPrefix("/v1/engines/") && path.hasSuffix("/embeddings") ? .embeddings : nil
        }
    }

    /// Admit, reserve, choose, call, settle.
    /// - Returns: the status that the client saw.
    func respond(
        to request: ServerRequest, _ context: RequestContext, _ endpoint: OpenAIEndpoint,
        with writer: consuming ResponseWriter
    ) async -> Int {
        var writer: ResponseWriter? = consume writer
        // `nil` means that the answer was a stream, which is already written.
        let response = await answer(request, context, endpoint, &writer)
        if let response, let left = writer.take() {
            await left.send(response)
            return response.status
        }
        return 200
    }

    private func answer(
        _ request: ServerRequest, _ context: RequestContext, _ endpoint: OpenAIEndpoint,
        _ writer: inout ResponseWriter?
    ) async -> HTTPResponse? {
        do throws(GatewayError) {
            let (access, sent) = try await Admission.open(request, context, services)
            let (path, limits) = (context.path, services.configuration.requestLimits)
            let (_, asked) = try await sent.read(
                request, for: access.principal, services
            ) { body, _ throws(GatewayError) in try Asked(body, path, endpoint, limits) }
            var envelope = ChatEnvelope()
            // No part of the answer is billed by tokens.
            envelope.maxTokens = 0
            envelope.model = asked.model
            envelope.isStream = asked.question.images?.isStream ?? false
            let admission = try Admission.admit(access, asked.body, envelope, services)
            return try await run(asked.question, admission, request, context, &writer)
        } catch {
            return error.response(context)
        }
    }

    private func run(
        _ question: Question, _ admission: Admission, _ request: ServerRequest, _ context: RequestContext,
        _ writer: inout ResponseWriter?
    ) async throws(GatewayError) -> HTTPResponse? {
        var picker = ChannelPicker(tiers: admission.tiers)
        var refusal: RequestError?
        guard let first = next(&picker, question, request, &refusal) else {
            if let refusal { throw .request(refusal) }
            throw .noChannel(group: admission.principal.user.group, model: admission.envelope.model)
        }
        var exchange = try await Exchange(
            admission, channel: first, promptTokens: question.images == nil ? nil : 0, images: question.images,
            pieces: question.pieces, services: services)
        var retriesLeft = admission.isPinned ? 0 : exchange.options.retryTimes
        let caller = OneShotCaller(services: services, context: context)
        while true {
            do throws(OneShotCaller.Problem) {
                let reply = try await caller.call(exchange.channel, question, exchange, request)
                exchange.channel.health.succeeded()
                switch reply {
                case .whole(let answer):
                    await exchange.settle(
                        usage: answer.usage, answer.production, services: services, context: context,
                        now: request.loop.now)
                    return HTTPResponse(headers: context.headers(answer.type), body: answer.body)
                case .stream(let response, let stream, let output):
                    guard let own = writer.take() else { return nil }
                    await StreamedAnswer(services: services, context: context, request: request)
                        .relay(exchange, response, stream, output, own)
                    return nil
                }
            } catch {
                if case .clientGone(let wasAsked) = error {
                    await settle(exchange, wasAsked: wasAsked, request, context)
                    throw request.cancellation == .shuttingDown ? .shuttingDown : error.gatewayError
                }
                if case .lost(let found, let pictures) = error {
                    throw await settle(exchange, lost: found, pictures, request, context)
                }
                var told = error.gatewayError
                if case .failed(let found) = error {
                    let failure = ChannelGuard(services: services).note(
                        found, of: exchange.channel, context, now: request.loop.now)
                    told = .upstream(failure)
                    // A misconfigured channel was not called, so it does not use up a retry.
                    let wasAsked = failure.kind != .misconfigured
                    // Without a waiting client, no other channel is tried, because it would cost again.
                    guard retriesLeft > 0 || !wasAsked, failure.isRetryable, request.cancellation == nil else {
                        exchange.refund()
                        throw told
                    }
                    if wasAsked { retriesLeft = retriesLeft.minus(1) }
                }
                guard !admission.isPinned, move(&exchange, &picker, question, request) else {
                    exchange.refund()
                    throw told
                }
            }
        }
    }

    /// Moves on to the next channel that the client can pay; false if there is none.
    private func move(
        _ exchange: inout Exchange, _ picker: inout ChannelPicker, _ question: Question, _ request: ServerRequest
    ) -> Bool {
        let options = services.options.snapshot
        var refusal: RequestError?
        while let other = next(&picker, question, request, &refusal) {
            if exchange.move(to: other, options) { return true }
        }
        return false
    }

    /// It is not known what the upstream made of the request, so that the prompt is charged.
    private func settle(
        _ exchange: consuming Exchange, wasAsked: Bool, _ request: ServerRequest, _ context: RequestContext
    ) async {
        guard wasAsked else { return exchange.refund() }
        await exchange.settle(
            usage: nil, note: request.reasonOfCancellation, services: services, context: context,
            now: request.loop.now)
    }

    /// Charges for what the upstream made or may have made. No other channel makes it again.
    /// - Returns: the error for the client.
    private func settle(
        _ exchange: consuming Exchange, lost found: UpstreamFailure, _ pictures: Int64?, _ request: ServerRequest,
        _ context: RequestContext
    ) async -> GatewayError {
        let failure = ChannelGuard(services: services).note(
            found, of: exchange.channel, context, now: request.loop.now)
        // The call is not repeated, but it counts against the channel, because clients paid for it. A picture that
        // cannot be downloaded is not the channel's fault.
        if !failure.isRetryable, found.code != OneShotCaller.downloadFailed {
            exchange.channel.health.failed(at: request.loop.now, retryAfter: found.retryAfter)
        }
        await exchange.settle(
            usage: nil, Production(pictures: pictures), note: "图片未送达 / the pictures did not arrive",
            services: services, context: context, now: request.loop.now)
        return .upstream(failure)
    }

    /// The next channel whose model accepts the request. Channels may map the requested name to different models.
    /// - Parameter refusal: what the last skipped model does not accept.
    private func next(
        _ picker: inout ChannelPicker, _ question: Question, _ request: ServerRequest, _ refusal: inout RequestError?
    ) -> Channel? {
        while true {
            let next = picker.next(
                at: request.loop.now, random: { LoopTools.current(request.loop).random.next(below: $0) })
            guard let next, let images = question.images else { return next }
            do throws(RequestError) {
                try ImageLimits(model: next.upstreamModel(for: images.model)).check(next.metered(images))
                return next
            } catch { refusal = error }
        }
    }
}
