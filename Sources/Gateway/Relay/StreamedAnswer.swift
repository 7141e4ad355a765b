import Chat
import EventLoop
import Formats
import HTTP
import Providers

/// The streamed half of a relay: events go on as they come; the charge is written down before the stream ends.
struct StreamedAnswer {
    let services: Services
    let context: RequestContext
    let request: ServerRequest
    let counter: PromptCounter
    /// No event: clients skip it.
    private static let comment = Array(": \n\n".utf8)

    func relay(
        _ exchange: consuming Exchange, _ response: UpstreamResponse, _ begun: AnswerStream, _ first: [UInt8],
        _ writer: consuming ResponseWriter
    ) async {
        var relay = begun
        var output = first
        var headers = context.headers("text/event-stream")
        headers.add("Cache-Control", "no-cache")
        headers.add("X-Accel-Buffering", "no")
        let body = await writer.startStream(status: 200, headers: headers, probe: Self.comment)
        let end = await pump(response, &relay, &output, body)
        request.onDisconnect(nil)
        output.removeAll(keepingCapacity: true)
        switch end {
        case .clientGone:
            response.cancel()
            settle(exchange, relay, note: "客户端已断开 / the client left")
            body.abort(reset: false)
        case .shutDown:
            response.cancel()
            settle(exchange, relay, note: "网关关闭 / the gateway shut down")
            try? await body.write(OpenAIError.event(GatewayError.shuttingDown.body(context)))
            await body.finish()
        case .ended(let error):
            let outcome: AnswerStream.Outcome
            if let error {
                outcome = .failed(Caller.failure(error))
            } else {
                outcome = relay.finish(isCleanEnd: true, into: &output) { exchange.counted($0, by: counter) }
            }
            if let failure = failure(outcome) {
                response.cancel()
                ChannelGuard(services: services).note(failure, of: exchange.channel, context, now: request.loop.now)
                settle(exchange, relay, note: "流中断 / the stream broke off")
                let error = GatewayError.upstream(failure)
                output = OpenAIError.event(
                    error.body(context))
            } else {
                settle(exchange, relay, note: nil)
            }
            try? await body.write(output)
            await body.finish()
        }
    }

    private enum End {
        case clientGone
        case shutDown
        case ended(TransportError?)
    }

    private func pump(
        _ response: UpstreamResponse, _ relay: inout AnswerStream, _ output: inout [UInt8],
        _ body: borrowing BodyWriter
    ) async -> End {
        while true {
            do throws(ClientGone) {
                if !output.isEmpty { try await body.write(output) }
            } catch { return .clientGone }
            output.removeAll(keepingCapacity: true)
            if relay.isOver { return .ended(nil) }
            do throws(TransportError) {
                guard let bytes = try await response.next() else { return .ended(nil) }
                relay.feed(bytes, into: &output)
            } catch {
                guard error == .cancelled else { return .ended(error) }
                return request.cancellation == .shuttingDown ? .shutDown : .clientGone
            }
        }
    }

    private func settle(_ exchange: consuming Exchange, _ relay: AnswerStream, note: String?) {
        exchange.settle(
            usage: relay.usage, produced: relay.produced, isCut: note != nil, note: note, services: services,
            counter: counter,
            context: context, now: request.loop.now)
    }

    private func failure(_ outcome: AnswerStream.Outcome) -> UpstreamFailure? {
        switch outcome {
        case .complete: nil
        case .failed(let failure): failure
        case .cut: OpenAIErrors.cutStream
        }
    }
}
