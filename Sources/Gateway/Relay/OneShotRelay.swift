import Arithmetic
import Chat
import Database
import EventLoop
import Formats
import HTTP
import JSON
import Providers

/// `POST /v1/embeddings`, `/v1/images/generations` and `/v1/moderations`: asked once, answered in one piece.
struct OneShotRelay: Sendable {
    /// What is asked, read as far as metering and translation need it.
    enum Question: Sendable {
        case embeddings(EmbeddingRequest, isBase64: Bool)
        case images(ImageRequest)
        case moderation(model: String)

        var endpoint: OpenAIEndpoint {
            switch self {
            case .embeddings: .embeddings
            case .images: .imageGenerations
            case .moderation: .moderations
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
        // OpenAI's first address of it, whose model is in the path.
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
        // `nil` where the answer was a stream, which has been written.
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
            let (path, limits) = (request.path, services.configuration.requestLimits)
            let (_, asked) = try await sent.read(
                request, for: access.principal, services
            ) { body, _ throws(GatewayError) in try Asked(body, path, endpoint, limits) }
            var envelope = ChatEnvelope()
            // No part of the answer has a price.
            envelope.maxTokens = 0
            envelope.model = asked.model
            if case .images(let images) = asked.question { envelope.isStream = images.isStream }
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
        guard let first = next(&picker, request) else {
            throw .noChannel(group: admission.principal.user.group, model: admission.envelope.model)
        }
        var images: ImageRequest?
        if case .images(let asked) = question { images = asked }
        var embeddings: EmbeddingRequest?
        if case .embeddings(let asked, _) = question { embeddings = asked }
        var exchange = try await Exchange(
            admission, channel: first, promptTokens: embeddings == nil ? 0 : nil, images: images,
            embeddings: embeddings, services: services)
        var retriesLeft = admission.isPinned ? 0 : exchange.options.retryTimes
        let caller = OneShotCaller(services: services, context: context)
        while true {
            do throws(OneShotCaller.Problem) {
                if let images { try Self.check(exchange.channel.metered(images), for: exchange.model) }
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
                    // Nobody waits for what another channel would have to be paid for.
                    guard retriesLeft > 0 || !wasAsked, failure.isRetryable, request.cancellation == nil else {
                        exchange.refund()
                        throw told
                    }
                    if wasAsked { retriesLeft = retriesLeft.minus(1) }
                }
                guard !admission.isPinned, move(&exchange, &picker, request) else {
                    exchange.refund()
                    throw told
                }
            }
        }
    }

    /// Goes on to the next channel that can be paid; false where there is none.
    private func move(
        _ exchange: inout Exchange, _ picker: inout ChannelPicker, _ request: ServerRequest
    ) -> Bool {
        let options = services.options.snapshot
        while let other = next(&picker, request) {
            if exchange.move(to: other, options) { return true }
        }
        return false
    }

    /// Nobody knows what the upstream made of it; what it was asked is charged.
    private func settle(
        _ exchange: consuming Exchange, wasAsked: Bool, _ request: ServerRequest, _ context: RequestContext
    ) async {
        guard wasAsked else { return exchange.refund() }
        await exchange.settle(
            usage: nil, note: request.reasonOfCancellation, services: services, context: context,
            now: request.loop.now)
    }

    /// The upstream is paid for what it made, or may have made, and nobody makes it once more.
    /// - Returns: what the client is told.
    private func settle(
        _ exchange: consuming Exchange, lost found: UpstreamFailure, _ pictures: Int64?, _ request: ServerRequest,
        _ context: RequestContext
    ) async -> GatewayError {
        let failure = ChannelGuard(services: services).note(
            found, of: exchange.channel, context, now: request.loop.now)
        // It is not asked again, and counts against the channel all the same: its clients pay for it. A picture that
        // cannot be fetched is not the channel's own doing.
        if !failure.isRetryable, found.code != OneShotCaller.downloadFailed {
            exchange.channel.health.failed(at: request.loop.now, retryAfter: found.retryAfter)
        }
        await exchange.settle(
            usage: nil, Production(pictures: pictures), note: "图片未送达 / the pictures did not arrive",
            services: services, context: context, now: request.loop.now)
        return .upstream(failure)
    }

    private static func check(_ images: ImageRequest, for model: String) throws(OneShotCaller.Problem) {
        let limit = ImagePrice.limit(of: model)
        guard !(1...limit).contains(images.count ?? 1) else { return }
        throw .refused(
            RequestError(
                .invalidValue, "Invalid value for 'n': this model makes 1 to \(limit) images at once.",
                parameter: "n"))
    }

    private func next(_ picker: inout ChannelPicker, _ request: ServerRequest) -> Channel? {
        picker.next(at: request.loop.now, random: { LoopTools.current(request.loop).random.next(below: $0) })
    }
}

extension OneShotRelay {
    /// What a body asks, read once.
    private struct Asked: Sendable {
        let body: [UInt8]
        let question: Question
        let model: String

        init(
            _ sent: [UInt8], _ path: String, _ endpoint: OpenAIEndpoint, _ limits: RequestLimits
        ) throws(GatewayError) {
            do throws(RequestError) {
                var root = try OpenAIOneShotRequests.object(sent)
                body = Self.name(&root, path) ?? sent
                (question, model) = try Self.read(root, endpoint, limits)
            } catch { throw .request(error) }
        }

        /// The body anew where its model is in the path.
        private static func name(_ root: inout JSON, _ path: String) -> [UInt8]? {
            guard path.hasPrefix("/v1/engines/"), var object = root.object, object["model"] == nil else { return nil }
            let name = percentDecoded(path.dropFirst("/v1/engines/".count).dropLast("/embeddings".count))
            object.append("model", .string(name))
            root = .object(object)
            return root.encoded()
        }

        private static func read(
            _ root: JSON, _ endpoint: OpenAIEndpoint, _ limits: RequestLimits
        ) throws(RequestError) -> (Question, String) {
            switch endpoint {
            case .embeddings:
                let (request, isBase64) = try OpenAIOneShotRequests.embeddings(root, limits: limits)
                return (.embeddings(request, isBase64: isBase64), request.model)
            case .imageGenerations:
                let request = try OpenAIOneShotRequests.image(root)
                return (.images(request), request.model)
            default:
                let model = try OpenAIOneShotRequests.moderation(root, default: "text-moderation-latest")
                return (.moderation(model: model), model)
            }
        }
    }
}
