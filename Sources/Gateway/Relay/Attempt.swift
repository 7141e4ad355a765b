import Chat
import EventLoop
import Formats
import HTTP
import JSON
import Providers

/// The result of one call of one channel.
enum Attempt {
    case whole(WholeAnswer)
    /// The first events are ready in `output`; more come from `response`.
    case stream(UpstreamResponse, AnswerStream, output: [UInt8])
    /// The channel's provider cannot express the request.
    case refused(RequestError)
    case failed(UpstreamFailure)
    /// Other requests use the whole budget for downloaded media.
    case busy
    /// - Parameter wasAsked: the upstream may have received the prompt, or a part of it.
    case clientGone(wasAsked: Bool)
}

extension Attempt {
    /// Whether the upstream answered, in one piece or as a stream.
    var isAnswer: Bool {
        switch self {
        case .whole, .stream: true
        case .refused, .failed, .busy, .clientGone: false
        }
    }

    /// Whether the upstream refused the request because of its `stream_options`. It may accept the request without
    /// them.
    var refusesStreamOptions: Bool {
        if case .failed(let failure) = self { failure.refusesStreamOptions } else { false }
    }
}

/// A whole answer for the client, with the values that the meter needs.
struct WholeAnswer {
    var body: [UInt8]
    /// The usage; `nil` if the upstream did not report it.
    var usage: Usage?
    var production: Production
}

/// Calls a channel and reads the beginning of its answer.
struct Caller {
    /// The limit of a whole answer's bytes.
    static let answerLimit = TransportLimits.answerBytes

    let services: Services
    let parser: JSONParser
    let context: RequestContext

    func call(_ channel: Channel, for exchange: borrowing Exchange, _ request: ServerRequest) async -> Attempt {
        if let problem = channel.problem { return .failed(.misconfigured(problem)) }
        if let target = channel.passThrough { return await passThrough(target, channel, exchange, request) }
        guard let provider = ProviderRegistry.provider(of: channel.type) else {
            return .failed(
                UpstreamFailure(
                    kind: .unreachable, status: 501,
                    message: "Channel type \(channel.type) is not served by this version.", type: "one_api_error",
                    code: .text("channel_type_not_served")))
        }
        return await translate(provider, channel, exchange, request)
    }

    // MARK: The client's own format

    private func passThrough(
        _ target: PassThroughTarget, _ channel: Channel, _ exchange: borrowing Exchange, _ request: ServerRequest
    ) async -> Attempt {
        let asksForUsage = target.takesStreamOptions && !channel.memory.refusesStreamOptions
        let attempt = await passThroughOnce(target, channel, exchange, request, asksForUsage: asksForUsage)
        guard asksForUsage, exchange.envelope.isStream, attempt.refusesStreamOptions else { return attempt }
        let second = await passThroughOnce(target, channel, exchange, request, asksForUsage: false)
        if second.isAnswer { channel.memory.noteRefusedStreamOptions() }
        return second
    }

    /// - Parameter asksForUsage: whether `stream_options` are sent with a stream.
    private func passThroughOnce(
        _ target: PassThroughTarget, _ channel: Channel, _ exchange: borrowing Exchange, _ request: ServerRequest,
        asksForUsage: Bool
    ) async -> Attempt {
        let envelope = exchange.envelope
        let isStream = envelope.isStream
        guard let url = target.url(channel.upstream, model: exchange.model) else {
            return .refused(RequestError(.invalidValue, "This channel has no chat completions."))
        }
        let upstream = UpstreamRequest(
            url: url,
            headers: isStream ? target.streamHeaders : target.wholeHeaders,
            body: await spliced(channel, exchange, asksForUsage: asksForUsage),
            limits: isStream ? services.configuration.streamLimits : services.configuration.transportLimits,
            proxy: services.configuration.relayProxy)
        let call = UpstreamCall()
        request.onDisconnect { call.cancel() }
        if call.isCancelled { return .clientGone(wasAsked: false) }
        do throws(TransportError) {
            let response = try await services.transport.send(upstream, call: call)
            Self.release(response, from: request, isStream: isStream, services)
            guard response.status == 200 || response.status == 201 else {
                let body = try await response.collect(limit: 1 << 20)
                let status = response.status
                let headers = response.headers.withCountedRetryAfter(at: LocalTime.now().milliseconds)
                return .failed(
                    await services.offLoop(certainly: body.count, of: exchange.userID) {
                        OpenAIErrors.failure(
                            status: status, headers: headers, body: AnswerOpening.error(in: body), parser: $0)
                    })
            }
            return try await passOn(response, exchange, asksForUsage: asksForUsage)
        } catch {
            return error == .cancelled ? .clientGone(wasAsked: call.wasSent) : .failed(Self.failure(error))
        }
    }

    /// Decides what happens to a begun answer when its client leaves: a stream is cancelled at once; a whole answer is
    /// still read for a limited time.
    static func release(
        _ response: UpstreamResponse, from request: ServerRequest, isStream: Bool, _ services: Services
    ) {
        guard !isStream else { return request.onDisconnect { response.cancel() } }
        let (loop, patience) = (request.loop, services.configuration.answerPatience)
        request.onDisconnect { [weak request] in
            // At a shutdown the client is still there. It has to be told before its connection is closed.
            let isShutDown = request?.cancellation == .shuttingDown
            loop.schedule(after: isShutDown ? min(patience, .seconds(2)) : patience) { response.cancel() }
        }
    }

    /// Passes on an answer in the client's own format. It is converted only if it is whole although a stream was
    /// requested, or the other way round.
    /// - Parameter asksForUsage: whether a stream's usage was asked for although the client did not ask.
    func passOn(
        _ response: UpstreamResponse, _ exchange: borrowing Exchange, asksForUsage: Bool
    ) async throws(TransportError) -> Attempt {
        let envelope = exchange.envelope
        let opening = try await AnswerOpening(of: response)
        guard opening.isStream == envelope.isStream else {
            return try await convert(opening, of: OpenAI(), response, exchange, nil)
        }
        if envelope.isStream {
            // If the upstream reports usage unasked, the client gets it.
            let relay = OpenAIStreamRelay(hidesUsage: asksForUsage && !envelope.includesUsage)
            return try await begin(.passing(relay), opening, response, exchange.tally())
        }
        let body = try await response.collect(limit: Self.answerLimit, behind: opening.bytes)
        return await whole(body, response, exchange)
    }

    private func whole(
        _ body: [UInt8], _ response: UpstreamResponse, _ exchange: borrowing Exchange
    ) async -> Attempt {
        do throws(UpstreamFailure) {
            let answer = try await read(body, response, of: exchange.userID)
            return .whole(
                WholeAnswer(
                    body: answer.mended ?? body, usage: answer.usage,
                    production: Production(text: answer.produced, received: Int64(body.count))))
        } catch { return .failed(error) }
    }

    private func read(
        _ body: [UInt8], _ response: UpstreamResponse, of userID: Int64
    ) async throws(UpstreamFailure) -> OpenAIAnswer {
        let (status, type) = (response.status, response.headers["Content-Type"])
        // This is the usual case, and it needs no closure.
        if body.count <= LoopSlice.bytes {
            return try OpenAIAnswer.read(body, status: status, contentType: type, parser: parser)
        }
        return try await services.offLoop(certainly: body.count, of: userID) { parser throws(UpstreamFailure) in
            try OpenAIAnswer.read(body, status: status, contentType: type, parser: parser)
        }
    }

    /// Reads until the first event is complete, so that an error in its place can still be retried.
    func begin(
        _ begun: AnswerStream, _ opening: AnswerOpening, _ response: UpstreamResponse, _ tally: UsageTally
    ) async throws(TransportError) -> Attempt {
        var stream = begun
        var output: [UInt8] = []
        let meter = StreamMeter(services: services, parser: parser, tally: tally)
        var bytes = opening.bytes.isEmpty ? nil : opening.bytes
        while let piece = bytes {
            await stream.advance(piece, meter, into: &output)
            if !output.isEmpty || stream.isOver { break }
            bytes = try await response.next()
        }
        if bytes == nil { await stream.end(meter, into: &output) }
        if output.isEmpty {
            var rest = stream
            switch rest.finish(isCleanEnd: true, parser: parser, into: &output) {
            case .failed(let failure):
                response.cancel()
                return .failed(failure)
            case .cut:
                return .failed(
                    UpstreamFailure(
                        kind: .brokenOff, status: 502, message: "The upstream ended the stream before its first event.",
                        code: .text("upstream_stream_cut")))
            case .complete: output = []
            }
        }
        return .stream(response, stream, output: output)
    }
}
