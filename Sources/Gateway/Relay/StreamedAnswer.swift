import Arithmetic
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
    /// No event: clients skip it.
    private static let comment = Array(": \n\n".utf8)

    func relay(
        _ exchange: consuming Exchange, _ response: UpstreamResponse, _ begun: AnswerStream, _ first: [UInt8],
        _ writer: consuming ResponseWriter
    ) async {
        var relay = begun
        var output = first
        var meter = StreamMeter(
            services: services, parser: LoopTools.current(request.loop).json, tally: exchange.tally())
        var headers = context.headers("text/event-stream")
        headers.add("Cache-Control", "no-cache")
        headers.add("X-Accel-Buffering", "no")
        let body = await writer.startStream(status: 200, headers: headers, probe: Self.comment)
        let end = await pump(response, &relay, &output, &meter, body)
        request.onDisconnect(nil)
        output.removeAll(keepingCapacity: true)
        switch end {
        case .clientGone:
            response.cancel()
            await settle(exchange, relay, meter.counted, note: "客户端已断开 / the client left")
            body.abort(reset: false)
        case .shutDown:
            response.cancel()
            await settle(exchange, relay, meter.counted, note: "网关关闭 / the gateway shut down")
            try? await body.write(OpenAIError.event(GatewayError.shuttingDown.body(context)))
            await body.finish()
        case .ended(let error):
            let outcome: AnswerStream.Outcome
            if let error {
                outcome = .failed(Caller.failure(error))
            } else {
                outcome = await finish(&relay, &output, &meter)
            }
            if let found = failure(outcome) {
                response.cancel()
                let failure = ChannelGuard(services: services).note(
                    found, of: exchange.channel, context, now: request.loop.now)
                await settle(exchange, relay, meter.counted, note: "流中断 / the stream broke off")
                let error = GatewayError.upstream(failure)
                output = OpenAIError.event(
                    error.body(context))
            } else {
                await settle(exchange, relay, meter.counted, note: nil)
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
        _ meter: inout StreamMeter, _ body: borrowing BodyWriter
    ) async -> End {
        while true {
            do throws(ClientGone) {
                if !output.isEmpty { try await body.write(output) }
            } catch { return .clientGone }
            output.removeAll(keepingCapacity: true)
            if relay.isOver { return .ended(nil) }
            do throws(TransportError) {
                guard let bytes = try await response.next() else { return .ended(nil) }
                if relay.isLight {
                    relay.feed(bytes, parser: meter.parser, into: &output)
                } else {
                    await relay.advance(bytes, meter, into: &output)
                }
                if relay.isLong { await relay.count(&meter) }
            } catch {
                guard error == .cancelled else { return .ended(error) }
                return request.cancellation == .shuttingDown ? .shutDown : .clientGone
            }
        }
    }

    /// Ends the stream; where the client wants usage that the upstream did not tell, with what is counted here.
    private func finish(
        _ relay: inout AnswerStream, _ output: inout [UInt8], _ meter: inout StreamMeter
    ) async -> AnswerStream.Outcome {
        await relay.end(meter, into: &output)
        guard relay.usage == nil, case .translating(let stream) = relay, stream.includesUsage else {
            return relay.finish(isCleanEnd: true, parser: meter.parser, into: &output)
        }
        let text = relay.produced
        var usage = await meter.tally.usage(Production(text: text, countedTokens: meter.counted), services)
        let counter = PromptCounter(parser: meter.parser, approximates: meter.tally.approximates)
        let model = meter.tally.model
        let outcome = relay.finish(isCleanEnd: true, parser: meter.parser, into: &output) { produced in
            // An end may bring a last piece, which is small.
            let rest = Array(produced.dropFirst(text.count))
            usage.completionTokens = usage.completionTokens.plus(
                rest.isEmpty ? 0 : counter.completionTokens(of: rest, model: model))
            return usage
        }
        if case .complete = outcome {
            // The charge takes what was counted here.
            meter.counted = usage.completionTokens
            _ = relay.takeProduced()
        }
        return outcome
    }

    private func settle(
        _ exchange: consuming Exchange, _ relay: AnswerStream, _ counted: Int64, note: String?
    ) async {
        await exchange.settle(
            usage: relay.usage, relay.production(counted: counted, isCut: note != nil), note: note, services: services,
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
