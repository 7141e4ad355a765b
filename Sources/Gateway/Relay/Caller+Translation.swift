import Chat
import Database
import Formats
import HTTP
import JSON
import Providers

/// Calls a channel that needs a translation: decodes the request, encodes it for the provider, calls it, decodes its
/// answer and encodes that for the client. An answer in the client's format is passed on unchanged, unless it is whole
/// and the client asked for a stream, or the other way round.
extension Caller {
    func translate(
        _ provider: any Provider, _ channel: Channel, _ exchange: borrowing Exchange, _ request: ServerRequest
    ) async -> Attempt {
        var token: AccessTokens.Held?
        var isRepeated = false
        let takesOptions = OpenAIVendor.all[channel.type]?.takesStreamOptions(channel.upstream) == true
        var asksForUsage =
            exchange.envelope.isStream && takesOptions && !channel.memory.refusesStreamOptions
        var wasRefused = false
        while true {
            let attempt = await translateOnce(
                provider, channel, exchange, request, &token, asksForUsage: asksForUsage)
            if asksForUsage, attempt.refusesStreamOptions {
                (asksForUsage, wasRefused) = (false, true)
                continue
            }
            if wasRefused, attempt.isAnswer { channel.memory.noteRefusedStreamOptions() }
            // If a token was refused before its end, the gateway gets a new one; the channel is not to blame.
            guard case .failed(let failure) = attempt else { return attempt }
            guard services.accessTokens.forget(failure, token, of: channel.upstream), !isRepeated else {
                // The token may have been dropped just now, so its text is passed on to be masked.
                return .failed(channel.upstream.disclosed(failure, token: token?.text))
            }
            isRepeated = true
        }
    }

    /// - Parameter token: the token that the call used.
    private func translateOnce(
        _ provider: any Provider, _ channel: Channel, _ exchange: borrowing Exchange, _ request: ServerRequest,
        _ token: inout AccessTokens.Held?, asksForUsage: Bool
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
                asksForUsage: asksForUsage, clientHeaders: Self.headers(of: provider, in: request))
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
                // This comes last, because an added message would shift the indices that errors about addresses name.
                if let prompt = channel.systemPrompt { chat.replaceInstructions(by: prompt) }
                // A provider of OpenAI's format returns the calls as the client wants them.
                legacy =
                    chat.usesLegacyFunctions && provider.descriptor.format != .openAI ? LegacyFunctions() : nil
                encoded = try await self.encoded(chat, provider, target, fetched: media.bytes, exchange)
            } catch { return call.isCancelled ? .clientGone(wasAsked: false) : .refused(error) }
        } catch { return call.isCancelled ? .clientGone(wasAsked: false) : .failed(error) }
        // Until here the call was used for a token and for pictures, on other servers.
        call.wasSent = false
        do throws(TransportError) {
            // The fetched media count until the upstream has received them.
            defer { withExtendedLifetime(media) {} }
            return try await send(encoded, provider, exchange, request, call, legacy, asksForUsage: asksForUsage)
        } catch {
            return error == .cancelled ? .clientGone(wasAsked: call.wasSent) : .failed(Self.failure(error))
        }
    }

    private func send(
        _ encoded: EncodedRequest, _ provider: any Provider, _ exchange: borrowing Exchange, _ request: ServerRequest,
        _ call: UpstreamCall, _ legacy: LegacyFunctions?, asksForUsage: Bool
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
            let counted = headers.withCountedRetryAfter(at: LocalTime.now().milliseconds)
            return .failed(
                await services.offLoop(certainly: body.count, of: userID) {
                    provider.failure(
                        status: status, headers: counted, body: AnswerOpening.error(in: body), parser: $0)
                })
        }
        if provider.descriptor.format == .openAI {
            return try await passOn(response, exchange, asksForUsage: asksForUsage)
        }
        let opening = try await AnswerOpening(of: response)
        guard isStream, opening.isStream else {
            return try await convert(opening, of: provider, response, exchange, legacy)
        }
        let stream = TranslatedStream(
            provider.decoder(), includesUsage: exchange.envelope.includesUsage, fallback: fallback(exchange),
            legacy: legacy, imagesAsMarkdown: exchange.channel.showsImagesAsMarkdown)
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
    /// Replaces the first message by the channel's prompt if it is a system or developer message; otherwise the prompt
    /// goes before it.
    fileprivate mutating func replaceInstructions(by prompt: String) {
        if let role = messages.first?.role, role == .system || role == .developer {
            messages[0].parts = [.text(prompt)]
        } else {
            messages.insert(Message(.system, parts: [.text(prompt)]), at: 0)
            addedMessages += 1
        }
    }
}
