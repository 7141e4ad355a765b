import Chat
import Database
import Formats
import HTTP
import JSON
import Providers

/// Calls a channel that cannot be sent the client's own bytes: decode, encode, call, decode, encode. An answer in the
/// client's format goes on as it came, as it does from upstreams that need no translation; decoded is only one that came
/// whole where a stream was asked for.
extension Caller {
    func translate(
        _ provider: any Provider, _ channel: Channel, _ exchange: borrowing Exchange, _ request: ServerRequest
    ) async -> Attempt {
        var token: AccessTokens.Held?
        var isRepeated = false
        while true {
            let attempt = await translateOnce(provider, channel, exchange, request, &token)
            // A token that ended before its time is the gateway's affair, not the channel's.
            guard case .failed(let failure) = attempt else { return attempt }
            guard services.accessTokens.forget(failure, token, of: channel.upstream), !isRepeated else {
                // A token that was forgotten here is nobody's to mask any more.
                return .failed(channel.upstream.disclosed(failure, token: token?.text))
            }
            isRepeated = true
        }
    }

    /// - Parameter token: what the call went with.
    private func translateOnce(
        _ provider: any Provider, _ channel: Channel, _ exchange: borrowing Exchange, _ request: ServerRequest,
        _ token: inout AccessTokens.Held?
    ) async -> Attempt {
        let call = UpstreamCall()
        request.onDisconnect { call.cancel() }
        let encoded: EncodedRequest
        let legacy: LegacyFunctions?
        let media = MediaHold(services.media)
        do throws(UpstreamFailure) {
            if call.isCancelled { return .clientGone(wasAsked: false) }
            var target = ProviderCall(
                channel: channel.upstream, model: exchange.model, time: LocalTime.now().milliseconds,
                clientHeaders: Self.headers(of: provider, in: request))
            token = try await services.accessTokens.token(
                for: channel.upstream, of: provider, time: target.time, services: services, call: call)
            target.accessToken = token?.text
            do throws(RequestError) {
                var chat = try await decoded(exchange)
                if provider.descriptor.inlinesImages {
                    do throws(MediaProblem) {
                        try await MediaFetcher(services: services, user: exchange.principal.user.id).inlineImages(
                            of: &chat, call: call, hold: media)
                    } catch {
                        guard case .request(let problem) = error else { return .busy }
                        throw problem
                    }
                }
                // Only now, since a message more moves those that an address is blamed on.
                if let prompt = channel.systemPrompt { chat.replaceInstructions(by: prompt) }
                // OpenAI's own format has the calls as the client wants them.
                legacy =
                    chat.usesLegacyFunctions && provider.descriptor.format != .openAI ? LegacyFunctions() : nil
                encoded = try await self.encoded(chat, provider, target, fetched: media.bytes, exchange)
            } catch { return call.isCancelled ? .clientGone(wasAsked: false) : .refused(error) }
        } catch { return call.isCancelled ? .clientGone(wasAsked: false) : .failed(error) }
        // A token and pictures were asked for on the same call, of others.
        call.wasSent = false
        do throws(TransportError) {
            // What was fetched counts until the upstream has it.
            defer { withExtendedLifetime(media) {} }
            return try await send(encoded, provider, exchange, request, call, legacy)
        } catch {
            return error == .cancelled ? .clientGone(wasAsked: call.wasSent) : .failed(Self.failure(error))
        }
    }

    private func send(
        _ encoded: EncodedRequest, _ provider: any Provider, _ exchange: borrowing Exchange, _ request: ServerRequest,
        _ call: UpstreamCall, _ legacy: LegacyFunctions?
    ) async throws(TransportError) -> Attempt {
        let upstream = UpstreamRequest(
            method: encoded.method, url: encoded.url, headers: encoded.headers, body: encoded.body,
            limits: exchange.envelope.isStream
                ? services.configuration.streamLimits : services.configuration.transportLimits,
            proxy: services.configuration.relayProxy)
        let response = try await services.transport.send(upstream, call: call)
        let isStream = exchange.envelope.isStream
        Self.release(response, from: request, isStream: isStream, services)
        let userID = exchange.userID
        let (status, headers) = (response.status, response.headers)
        guard (200..<300).contains(response.status) else {
            let body = try await response.collect(limit: 1 << 20)
            return .failed(
                await services.offLoop(certainly: body.count, of: userID) {
                    provider.failure(
                        status: status, headers: headers, body: AnswerOpening.error(in: body), parser: $0)
                })
        }
        if provider.descriptor.format == .openAI {
            return try await passOn(response, exchange, asksForUsage: true)
        }
        let opening = try await AnswerOpening(of: response)
        guard isStream, opening.isStream else {
            return try await convert(opening, of: provider, response, exchange, legacy)
        }
        let stream = TranslatedStream(
            provider.decoder(), includesUsage: exchange.envelope.includesUsage, fallback: fallback(exchange),
            legacy: legacy)
        return try await begin(.translating(stream), opening, response, exchange.tally())
    }

    private static func headers(of provider: any Provider, in request: ServerRequest) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for name in provider.descriptor.clientHeaders {
            if let value = request.headers[name] { headers.add(name, value) }
        }
        return headers
    }
}

extension ChatRequest {
    /// The channel's prompt replaces the first message if that is a system or developer message, else goes before it.
    fileprivate mutating func replaceInstructions(by prompt: String) {
        if let role = messages.first?.role, role == .system || role == .developer {
            messages[0].parts = [.text(prompt)]
        } else {
            messages.insert(Message(.system, parts: [.text(prompt)]), at: 0)
            addedMessages += 1
        }
    }
}
