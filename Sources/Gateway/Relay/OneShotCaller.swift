import Chat
import EventLoop
import Formats
import HTTP
import JSON
import Providers

/// Calls a channel for one answer. The client's bytes are passed on if the channel uses the client's format; otherwise
/// the provider translates.
struct OneShotCaller {
    enum Problem: Error {
        case refused(RequestError)
        case failed(UpstreamFailure)
        /// - Parameter wasAsked: the upstream may have received the request and worked on it.
        case clientGone(wasAsked: Bool)
        /// The upstream made the answer, or may have made it, but the client gets none of it.
        /// - Parameter pictures: how many pictures were made; `nil` if that is not known.
        case lost(UpstreamFailure, pictures: Int64?)

        var gatewayError: GatewayError {
            switch self {
            case .refused(let error): .request(error)
            case .failed(let failure), .lost(let failure, _): .upstream(failure)
            case .clientGone: .upstream(Caller.failure(.cancelled))
            }
        }
    }

    struct Answer {
        var body: [UInt8]
        var type = "application/json"
        var usage: Usage?
        var production: Production
    }

    enum Reply {
        case whole(Answer)
        /// The first events are ready in `output`; more come from the response.
        case stream(UpstreamResponse, AnswerStream, output: [UInt8])
    }

    let services: Services
    let context: RequestContext

    func call(
        _ channel: Channel, _ question: OneShotRelay.Question, _ exchange: borrowing Exchange, _ request: ServerRequest
    ) async throws(Problem) -> Reply {
        let call = UpstreamCall()
        request.onDisconnect { call.cancel() }
        if call.isCancelled { throw .clientGone(wasAsked: false) }
        do throws(Problem) {
            let reply = try await ask(channel, question, exchange, request, call)
            if case .whole = reply { request.onDisconnect(nil) }
            return reply
        } catch {
            request.onDisconnect(nil)
            switch error {
            case .clientGone, .lost: throw error
            case .refused, .failed: throw call.isCancelled ? .clientGone(wasAsked: call.wasSent) : error
            }
        }
    }

    private func ask(
        _ channel: Channel, _ question: OneShotRelay.Question, _ exchange: borrowing Exchange, _ request: ServerRequest,
        _ call: UpstreamCall
    ) async throws(Problem) -> Reply {
        if let problem = channel.problem { throw .failed(.misconfigured(problem)) }
        if let vendor = OpenAIVendor.all[channel.type],
            question.endpoint != .embeddings || !vendor.dialect.contains(.plainEmbeddings)
        {
            return try await passThrough(vendor, channel, question, exchange, request, call)
        }
        guard let provider = ProviderRegistry.provider(of: channel.type) else { throw Self.missing(question) }
        var token: AccessTokens.Held?
        var isRepeated = false
        while true {
            do throws(Problem) {
                return .whole(try await translate(provider, channel, question, exchange, request, call, &token))
            } catch {
                // If a token was refused before its end, the gateway gets a new one; the channel is not to blame.
                guard case .failed(let failure) = error else { throw error }
                guard services.accessTokens.forget(failure, token, of: channel.upstream), !isRepeated else {
                    // The token may have been dropped just now, so its text is passed on to be masked.
                    throw .failed(channel.upstream.disclosed(failure, token: token?.text))
                }
                isRepeated = true
            }
        }
    }

    /// - Parameter token: the token that the call used.
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
        // Until here the call was used for a token, on another server.
        call.wasSent = false
        switch question {
        case .embeddings(let asked, let isBase64):
            guard let provider = provider as? any EmbeddingProvider else { throw Self.missing(question) }
            return try await embed(asked, isBase64, provider, target, call, request, exchange)
        case .images(let asked):
            guard let provider = provider as? any ImageProvider else { throw Self.missing(question) }
            guard !asked.isStream else {
                throw .refused(
                    RequestError(
                        .invalidValue, "The channel's provider cannot stream images: leave 'stream' out.",
                        parameter: "stream"))
            }
            return try await paint(asked, provider, target, call, request, exchange)
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
        _ exchange: borrowing Exchange, _ request: ServerRequest, _ call: UpstreamCall
    ) async throws(Problem) -> Reply {
        guard let url = vendor.url(of: question.endpoint, for: channel.upstream, model: exchange.model) else {
            throw Self.missing(question)
        }
        var isStream = false
        var paints = false
        if case .images(let asked) = question { (paints, isStream) = (true, asked.isStream) }
        let accept = isStream ? "text/event-stream" : "application/json"
        var headers = vendor.headers(key: channel.upstream.key, accept: accept)
        channel.upstream.rules.apply(to: &headers)
        let encoded = EncodedRequest(
            url: url, headers: headers,
            body: await fitted(channel, texts: Self.unread(question, by: vendor), exchange))
        if isStream { return try await stream(encoded, exchange, request, call) }
        var (response, body) = try await send(encoded, request, call, paints: paints)
        if paints, (200..<300).contains(response.status), AnswerOpening.isStream(body: body) {
            let sent = body
            body = await services.offLoop(certainly: sent.count, of: exchange.userID) { _ in
                OpenAIAnswer.pictures(ofEvents: sent) ?? sent
            }
        }
        return .whole(try await whole(body, response, exchange, paints: paints))
    }

    private func whole(
        _ body: [UInt8], _ response: UpstreamResponse, _ exchange: borrowing Exchange, paints: Bool
    ) async throws(Problem) -> Answer {
        let status = response.status
        let headers = response.headers.withCountedRetryAfter(at: LocalTime.now().milliseconds)
        do throws(UpstreamFailure) {
            return try await services.offLoop(
                certainly: body.count, of: exchange.userID
            ) { parser throws(UpstreamFailure) in
                let type = headers["Content-Type"]
                guard (200..<300).contains(status) else {
                    throw OpenAIErrors.failure(
                        status: status, headers: headers, body: AnswerOpening.error(in: body), parser: parser)
                }
                var production = Production(received: Int64(body.count))
                guard paints else {
                    let usage = try OpenAIErrors.checkedUsage(
                        of: body, status: status, contentType: type, parser: parser)
                    return Answer(body: body, usage: usage, production: production)
                }
                let pictures = try OpenAIAnswer.pictures(body, status: status, contentType: type, parser: parser)
                production.pictures = pictures.count
                (production.size, production.quality) = (pictures.size, pictures.quality)
                return Answer(body: body, usage: pictures.usage, production: production)
            }
        } catch {
            // The answer began as JSON but was cut off without a transport error, so pictures may have been made. An
            // HTML page in its place proves that none were.
            let isCut = paints && error.kind == .notTheProvider && (200..<300).contains(status) && body.first == 0x7b
            throw isCut ? .lost(error, pictures: nil) : .failed(error)
        }
    }

    /// Streams pictures. If the upstream answers as a whole instead, its pictures are sent as the events that the
    /// client asked for.
    private func stream(
        _ encoded: EncodedRequest, _ exchange: borrowing Exchange, _ request: ServerRequest, _ call: UpstreamCall
    ) async throws(Problem) -> Reply {
        let upstream = UpstreamRequest(
            method: encoded.method, url: encoded.url, headers: encoded.headers, body: encoded.body,
            limits: services.configuration.streamLimits, proxy: services.configuration.relayProxy)
        var problem: Problem?
        var collected: (UpstreamResponse, [UInt8])?
        var isGranted = false
        do throws(TransportError) {
            let response = try await services.transport.send(upstream, call: call)
            isGranted = (200..<300).contains(response.status)
            let isTyped = isGranted && AnswerOpening.isTypedAsStream(response)
            Caller.release(response, from: request, isStream: isTyped, services)
            let opening = isGranted ? try await AnswerOpening(of: response) : nil
            if let opening, opening.isStream != isTyped {
                Caller.release(response, from: request, isStream: opening.isStream, services)
            }
            if let opening, opening.isStream {
                let caller = Caller(services: services, parser: LoopTools.current(request.loop).json, context: context)
                let begun = try await caller.begin(
                    .painting(OpenAIImageStream()), opening, response, exchange.tally())
                if case .stream(let response, let stream, let output) = begun {
                    return .stream(response, stream, output: output)
                }
                if case .failed(let failure) = begun {
                    // If the upstream did not report the error itself, nobody knows which pictures it made.
                    let isKnown = failure.kind != .brokenOff && !Self.unreadable.contains(failure.code.text)
                    problem = isKnown ? .failed(failure) : .lost(failure, pictures: nil)
                }
            } else {
                collected = (
                    response,
                    try await response.collect(limit: Caller.answerLimit, behind: opening?.bytes ?? [])
                )
            }
        } catch {
            throw Self.problem(Caller.failure(error), call, isGranted: isGranted)
        }
        guard let (response, body) = collected else { throw problem ?? .lost(OpenAIErrors.cutStream, pictures: nil) }
        var answer = try await whole(body, response, exchange, paints: true)
        let bytes = answer.body
        answer.body = await services.offLoop(certainly: bytes.count, of: exchange.userID) { _ in
            OpenAIAnswer.pictureEvents(bytes)
        }
        answer.type = "text/event-stream"
        return .whole(answer)
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

    /// The codes of failures where an event cannot be read. Such an event may have contained a picture.
    private static let unreadable: Set<String> = [
        OpenAIErrors.eventTooLarge.code.text, OpenAIErrors.eventNotJSON.code.text,
    ]

    /// The problem of a call that ended without an answer.
    /// - Parameter isGranted: the upstream had accepted the request to paint.
    private static func problem(_ failure: UpstreamFailure, _ call: UpstreamCall, isGranted: Bool) -> Problem {
        if failure.code == WholeCall.cancelled { return .clientGone(wasAsked: call.wasSent) }
        return isGranted ? .lost(failure, pictures: nil) : .failed(failure)
    }

    /// - Parameter paints: the answer has pictures, which were made before it began. If it breaks off, they are lost.
    private func send(
        _ encoded: EncodedRequest, _ request: ServerRequest, _ call: UpstreamCall, paints: Bool
    ) async throws(Problem) -> (response: UpstreamResponse, body: [UInt8]) {
        let whole = WholeCall(
            services: services, limits: services.configuration.transportLimits, answerLimit: Caller.answerLimit)
        request.onDisconnect { call.cancel() }
        var isGranted = false
        do throws(UpstreamFailure) {
            return try await whole.send(encoded, call) { response in
                isGranted = (200..<300).contains(response.status)
                Caller.release(response, from: request, isStream: false, services)
            }
        } catch { throw Self.problem(error, call, isGranted: paints && isGranted) }
    }

    /// Sends and turns an error status into a failure.
    func ask(
        _ encoded: EncodedRequest, _ provider: any Provider, _ request: ServerRequest, _ call: UpstreamCall,
        _ userID: Int64, paints: Bool = false
    ) async throws(Problem) -> (response: UpstreamResponse, body: [UInt8]) {
        let (response, body) = try await send(encoded, request, call, paints: paints)
        let status = response.status
        guard (200..<300).contains(status) else {
            let headers = response.headers.withCountedRetryAfter(at: LocalTime.now().milliseconds)
            throw .failed(
                await services.offLoop(certainly: body.count, of: userID) {
                    provider.failure(
                        status: status, headers: headers, body: AnswerOpening.error(in: body), parser: $0)
                })
        }
        return (response, body)
    }
}
