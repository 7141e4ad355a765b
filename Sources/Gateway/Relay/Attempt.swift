import Chat
import HTTP
import JSON
import Providers

/// What one call of one channel came to.
enum Attempt {
    case whole(body: [UInt8], answer: OpenAIAnswer)
    /// The first events are ready in `output`; more come from `response`.
    case stream(UpstreamResponse, OpenAIStreamRelay, output: [UInt8])
    case failed(UpstreamFailure)
    case clientGone
}

/// Calls a channel and looks at the beginning of its answer.
struct Caller {
    /// Bytes of a whole answer that are taken.
    static let answerLimit = 64 << 20

    let services: Services
    let parser: JSONParser

    func call(_ channel: Channel, for exchange: borrowing Exchange, _ request: ServerRequest) async -> Attempt {
        guard let vendor = OpenAIVendor.all[channel.type] else {
            return .failed(
                UpstreamFailure(
                    kind: .unreachable, status: 501,
                    message: "Channel type \(channel.type) is not served by this version.", type: "one_api_error",
                    code: .text("channel_type_not_served")))
        }
        let isStream = exchange.envelope.isStream
        let upstream = UpstreamRequest(
            url: vendor.chatURL(base: channel.baseURL),
            headers: vendor.headers(key: channel.key.exposed, isStream: isStream),
            body: OpenAIPassThrough.body(
                exchange.body, envelope: exchange.envelope, model: exchange.model, systemPrompt: channel.systemPrompt),
            limits: services.configuration.transportLimits, proxy: services.configuration.relayProxy)
        let call = UpstreamCall()
        request.onDisconnect { call.cancel() }
        do throws(TransportError) {
            let response = try await services.transport.send(upstream, call: call)
            request.onDisconnect { response.cancel() }
            guard response.status == 200 || response.status == 201 else {
                let body = try await response.collect(limit: 1 << 20)
                return .failed(
                    OpenAIErrors.failure(
                        status: response.status, headers: response.headers, body: body, parser: parser))
            }
            if isStream, Self.isEventStream(response) {
                return try await beginStream(response, hidesUsage: !exchange.envelope.includesUsage)
            }
            let body = try await response.collect(limit: Self.answerLimit)
            return whole(body, response, wasStreamAsked: isStream)
        } catch {
            return error == .cancelled ? .clientGone : .failed(Self.failure(error))
        }
    }

    private static func isEventStream(_ response: UpstreamResponse) -> Bool {
        // Vendors are lax about the type of a stream; JSON and web pages are none.
        let type = response.headers["Content-Type"]?.lowercased() ?? ""
        return !type.hasPrefix("application/json") && !type.hasPrefix("text/html")
    }

    private func whole(_ body: [UInt8], _ response: UpstreamResponse, wasStreamAsked: Bool) -> Attempt {
        do throws(UpstreamFailure) {
            let answer = try OpenAIAnswer.read(
                body, status: response.status, contentType: response.headers["Content-Type"], parser: parser)
            if wasStreamAsked {
                throw UpstreamFailure(
                    kind: .notTheProvider, status: 502,
                    message: "The upstream answered in one piece where a stream was asked for.",
                    code: .text("bad_upstream_response"))
            }
            return .whole(body: body, answer: answer)
        } catch { return .failed(error) }
    }

    /// Reads until the first event is known to be one, so that an error in its place can still be retried.
    private func beginStream(
        _ response: UpstreamResponse, hidesUsage: Bool
    ) async throws(TransportError) -> Attempt {
        var relay = OpenAIStreamRelay(hidesUsage: hidesUsage, parser: parser)
        var output: [UInt8] = []
        while output.isEmpty, !relay.isOver {
            guard let bytes = try await response.next() else { break }
            relay.feed(bytes, into: &output)
        }
        if output.isEmpty {
            var rest = relay
            switch rest.finish(isCleanEnd: true, into: &output) {
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
        return .stream(response, relay, output: output)
    }

    static func failure(_ error: TransportError) -> UpstreamFailure {
        switch error {
        case .badAddress:
            UpstreamFailure(
                kind: .unreachable, status: 500, message: "The channel's base URL is not a valid address.",
                type: "one_api_error", code: .text("invalid_base_url"))
        case .connectFailed(let reason), .tls(let reason):
            UpstreamFailure(
                kind: .unreachable, status: 502, message: "The upstream could not be reached: \(reason).",
                type: "one_api_error", code: .text("do_request_failed"))
        case .timedOut(let phase):
            UpstreamFailure(
                kind: .timedOut, status: 504, message: "The upstream did not answer in time (\(phase.rawValue)).",
                type: "one_api_error", code: .text("upstream_timeout"))
        case .reset(let reason):
            UpstreamFailure(
                kind: .brokenOff, status: 502, message: "The upstream broke the connection off: \(reason).",
                type: "one_api_error", code: .text("do_request_failed"))
        case .tooLarge:
            UpstreamFailure(
                kind: .notTheProvider, status: 502, message: "The upstream's answer is larger than the limit.",
                type: "one_api_error", code: .text("upstream_answer_too_large"))
        case .cancelled:
            UpstreamFailure(
                kind: .brokenOff, status: 499, message: "The call was given up.", type: "one_api_error",
                code: .text("cancelled"))
        }
    }
}
