import Arithmetic
import Chat
import Database
import EventLoop
import HTTP
import JSON
import Providers

/// `POST /v1/chat/completions`, the main path of the gateway.
struct ChatRelay: Sendable {
    let services: Services

    /// Admit, reserve, choose, call, relay, settle.
    /// - Returns: the status that the client saw.
    func respond(
        to request: ServerRequest, _ context: RequestContext, with writer: consuming ResponseWriter
    ) async -> Int {
        do throws(GatewayError) {
            let admission = try await Admission.admit(request, context, services: services)
            var picker = ChannelPicker(tiers: admission.tiers)
            guard
                let first = picker.next(
                    at: request.loop.now, random: { LoopTools.current(request.loop).random.next(below: $0) })
            else {
                throw .noChannel(group: admission.principal.user.group, model: admission.envelope.model)
            }
            let exchange = try await Exchange(admission, channel: first, services: services)
            return await run(exchange, picker, isPinned: admission.isPinned, request, context, writer)
        } catch {
            await writer.send(error.response(context))
            return error.status
        }
    }

    private func run(
        _ admitted: consuming Exchange, _ channels: ChannelPicker, isPinned: Bool, _ request: ServerRequest,
        _ context: RequestContext, _ writer: consuming ResponseWriter
    ) async -> Int {
        var exchange = admitted
        var picker = channels
        var retriesLeft = isPinned ? 0 : exchange.options.retryTimes
        let caller = Caller(services: services, parser: LoopTools.current(request.loop).json, context: context)
        while true {
            switch await caller.call(exchange.channel, for: exchange, request) {
            case .whole(let answer):
                exchange.channel.health.succeeded()
                await exchange.settle(
                    usage: answer.usage, answer.production, services: services, context: context,
                    now: request.loop.now)
                await writer.send(
                    HTTPResponse(headers: context.headers("application/json"), body: answer.body))
                return 200
            case .stream(let response, let stream, let output):
                exchange.channel.health.succeeded()
                await StreamedAnswer(services: services, context: context, request: request)
                    .relay(exchange, response, stream, output, writer)
                return 200
            case .clientGone(wasAsked: false):
                exchange.refund()
                return await end(request, context, writer)
            case .clientGone(wasAsked: true):
                // The upstream received the prompt, and what it made of it is not known. The prompt is charged.
                await exchange.settle(
                    usage: nil, note: request.reasonOfCancellation, services: services, context: context,
                    now: request.loop.now)
                return await end(request, context, writer)
            case .busy:
                exchange.refund()
                await writer.send(GatewayError.overloaded.response(context))
                return GatewayError.overloaded.status
            case .refused(let error):
                // The provider of another channel may be able to express it.
                guard !isPinned, move(&exchange, &picker, request) else {
                    exchange.refund()
                    await writer.send(GatewayError.request(error).response(context))
                    return 400
                }
            case .failed(let found):
                let failure = ChannelGuard(services: services).note(
                    found, of: exchange.channel, context, now: request.loop.now)
                // A misconfigured channel was not called, so it does not use up a retry.
                let wasAsked = failure.kind != .misconfigured
                // Without a waiting client, no other channel is tried, because it would cost again.
                guard retriesLeft > 0 || !wasAsked, failure.isRetryable, request.cancellation == nil,
                    move(&exchange, &picker, request)
                else {
                    exchange.refund()
                    await writer.send(GatewayError.upstream(failure).response(context))
                    return failure.status
                }
                if wasAsked { retriesLeft = retriesLeft.minus(1) }
            }
        }
    }

    /// Moves on to the next channel that the client can pay; false if there is none.
    private func move(
        _ exchange: inout Exchange, _ picker: inout ChannelPicker, _ request: ServerRequest
    ) -> Bool {
        let options = services.options.snapshot
        while let next = picker.next(
            at: request.loop.now, random: { LoopTools.current(request.loop).random.next(below: $0) })
        {
            if exchange.move(to: next, options) { return true }
        }
        return false
    }

    /// Ends a request that was cancelled before its answer. A client that is still there gets an error.
    private func end(
        _ request: ServerRequest, _ context: RequestContext, _ writer: consuming ResponseWriter
    ) async -> Int {
        guard request.cancellation == .shuttingDown else {
            writer.drop(reset: false)
            return 499
        }
        await writer.send(GatewayError.shuttingDown.response(context))
        return GatewayError.shuttingDown.status
    }
}

extension ServerRequest {
    /// The text in the log row of a request that was cancelled before its answer.
    var reasonOfCancellation: String {
        cancellation == .shuttingDown
            ? "网关关闭 / the gateway shut down before the answer" : "客户端已断开 / the client left before the answer"
    }
}
